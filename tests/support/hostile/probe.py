"""How long others wait: /healthz, asked again and again over one connection, while something else goes on."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

_REQUEST: Final = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
_PAUSE: Final = 0.002


class Wait(NamedTuple):
    """One wait: how many seconds it took, and how many of processor time the server had meanwhile."""

    seconds: float
    busy: float


class Probe:
    """Asks from a thread of its own, so that whoever attacks does not hold it up.

    `busy` tells how much processor time the server has had: what the machine's other work takes is not in it.
    """

    def __init__(self, port: int, busy: Callable[[], float]) -> None:
        self.waits: list[Wait] = []
        self._port = port
        self._busy = busy
        self._done = threading.Event()

    def run(self) -> None:
        """Ask until it is told to stop."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=60) as connection:
            while not self._done.is_set():
                busy, started = self._busy(), time.perf_counter()
                connection.sendall(_REQUEST)
                if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
                    raise AssertionError("/healthz is not well")
                self.waits.append(Wait(time.perf_counter() - started, self._busy() - busy))
                time.sleep(_PAUSE)

    def stop(self) -> None:
        """Ask no more."""
        self._done.set()


@contextmanager
def probing(port: int, busy: Callable[[], float] = lambda: 0.0) -> Iterator[list[Wait]]:
    """Probe for the time of the context; give the waits, which are complete afterwards."""
    probe = Probe(port, busy)
    thread = threading.Thread(target=probe.run)
    thread.start()
    try:
        yield probe.waits
    finally:
        probe.stop()
        thread.join()


def percentile(waits: Sequence[float], share: float) -> float:
    """Return the wait, in milliseconds, that this share of all waits does not exceed."""
    ordered = sorted(waits)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def send(port: int, path: str, body: bytes, headers: dict[str, str]) -> int:
    """Send a request over a connection of its own and return the status of the answer."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        with suppress(ConnectionError):  # it may be refused before it is sent whole
            connection.sendall(body)
        answer = connection.recv(4096)
    return int(answer.split(b" ")[1])
