"""The health check of the image: each port that the gateway listens on answers `GET /healthz` with 200.

The ports are those that the kernel says are listened on in this container, so that the check follows the configuration,
`--port` and IPv6 without reading any of them. It imports nothing of the gateway, since it runs every few seconds.
"""

import http.client
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

LISTEN = "0A"
TIMEOUT_SECONDS = 2
DOCKER_DNS = "127.0.0.11"


def listening(tables: list[Path]) -> Iterator[tuple[str, int]]:
    """Give an address and a port that reaches each listening socket in tables of the form of /proc/net/tcp."""
    for table in tables:
        for line in table.read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, port = local.partition(":")
            host = _address(address)
            if state == LISTEN and host != DOCKER_DNS:
                yield host, int(port, 16)


def _address(text: str) -> str:
    """Read an address, which the kernel writes as words of its own byte order; the unspecified one is this host."""
    words = [text[start : start + 8] for start in range(0, len(text), 8)]
    raw = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    family, here = (socket.AF_INET, "127.0.0.1") if len(words) == 1 else (socket.AF_INET6, "::1")
    return socket.inet_ntop(family, raw) if any(raw) else here


def healthy(host: str, port: int) -> bool:
    """Whether what listens there says that it is. Through http.client, which no HTTP_PROXY can catch."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{host}:{port}: {error}\n")
        return False
    finally:
        connection.close()


def main() -> int:
    """Return the exit code: 0 where there is a port and each is healthy."""
    tables = [path for path in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if path.exists()]
    found = sorted(set(listening(tables)))
    return 0 if found and all(healthy(*address) for address in found) else 1


if __name__ == "__main__":
    sys.exit(main())
