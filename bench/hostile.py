"""Sends bodies that ask for as much work as their bytes can, and reports how long others waited and what memory grew.

python -m bench.hostile --megabytes 31                       exits with 1 where a target is missed
python -m bench.hostile --way translated --only "one tag"    through a provider, one attack

How long others waited is told by the clock, and by the processor time that the gateway had meanwhile, which is what the
gateway itself is to blame for: the targets are for that.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.process import Server, free_port, serving
from bench.report import Row, at_most, show
from tests.support.hostile.bodies import ATTACKS, Attack
from tests.support.hostile.probe import Wait, percentile, probing, send

_MOST_WAIT_MS = 50
_MOST_MEMORY = 4
_LEAST_MB = 64
"""What any body may take: pools, threads, and the values that are let through, however short each is."""
_HELLO: Final = b'{"messages": [{"role": "user", "content": "Guten Tag, wie wird das Wetter morgen in Lissabon?"}]}'
"""A prompt that the accurate encoder reads, so that its table is in memory before anything is measured."""
_IDLE_SECONDS, _IDLE_SHARE = 0.3, 0.1
"""A server is idle that has had so much of a core for so long."""
_WAYS: Final = {
    "decision": "openai_chat",
    "same": "openai_chat, anthropic_messages",
    "translated": "anthropic_messages",
}
"""What the provider speaks: nobody asks it for a decision, and a translation is into the format of Messages."""


def main() -> None:
    """Run all attacks, each on a gateway that has just started."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=31)
    parser.add_argument("--only", default="")
    parser.add_argument("--way", choices=_WAYS, default="decision")
    arguments = parser.parse_args()
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(["bench.servers.swallow", "--port", str(port)], port, set()),
    ):
        show(_rows(Path(folder), port, arguments))


def _rows(folder: Path, provider: int, arguments: argparse.Namespace) -> Iterator[Row]:
    together: list[Wait] = []
    for name, make in ATTACKS.items():
        if arguments.only in name:
            attack = make(arguments.megabytes * 1_000_000)
            path = attack.path if arguments.way == "decision" else attack.path.removeprefix("/routing")
            config = _write(folder, free_port(), provider, _WAYS[arguments.way])
            yield _attacked(config, name, attack._replace(path=path), together)
    busy = [wait.busy for wait in together]
    yield Row("all of them", f"held {_told(busy)}", at_most(percentile(busy, 0.99), _MOST_WAIT_MS, "ms"))


def _attacked(config: Path, name: str, attack: Attack, together: list[Wait]) -> Row:
    port = json.loads(config.read_text())["listeners"][0]["port"]
    with serving(["gateway", "up", str(config), "--log-level", "error"], port, set()) as server:
        send(port, attack.path, _HELLO, {})
        _wait_until_idle(server)
        server.forget_peak()
        before = server.rss_mb()
        with probing(port, server.cpu_seconds) as waits:
            status = send(port, attack.path, attack.body, dict(attack.headers))
        return _row(name, attack, status, waits, server.peak_mb() - before, together)


def _wait_until_idle(server: Server) -> None:
    """Wait until a server has read what it reads beside its first requests (the accurate encoder, published prices)."""
    busy = -1.0
    while server.cpu_seconds() - busy > _IDLE_SHARE * _IDLE_SECONDS:
        busy = server.cpu_seconds()
        time.sleep(_IDLE_SECONDS)


def _row(name: str, attack: Attack, status: int, waits: list[Wait], grown: float, together: list[Wait]) -> Row:
    together += waits
    size = max(len(attack.body), attack.unpacked) / 1e6
    held, waited = _told([wait.busy for wait in waits]), percentile([wait.seconds for wait in waits], 1)
    told = f"{status}  held {held}; waited {waited:.1f} ms at most; {grown:4.0f} MB more for {size:.1f}"
    return Row(name, told, at_most(grown, max(_LEAST_MB, _MOST_MEMORY * size), "MB"))


def _told(times: list[float]) -> str:
    return f"p99 {percentile(times, 0.99):.1f} ms, most {percentile(times, 1):.1f} ms of {len(times)}"


def _write(folder: Path, port: int, provider: int, formats: str) -> Path:
    entry = {
        "model": "own/m",
        "base_url": f"http://127.0.0.1:{provider}/v1",
        "access_key": "no-key",
        "formats": formats.split(", "),
        "default": True,
    }
    route = {"name": "greetings", "description": "greetings and small talk", "models": ["own/m"]}
    config = {
        "listeners": [{"type": "model", "name": "bench", "address": "127.0.0.1", "port": port}],
        "model_providers": [entry],
        "routing_preferences": [route],
    }
    path = folder / f"{port}.yaml"
    path.write_text(json.dumps(config))
    return path


if __name__ == "__main__":
    main()
