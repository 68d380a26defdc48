"""Sends bodies that ask for as much work as their bytes can, and reports how long others waited and what memory grew.

python -m bench.hostile --megabytes 31                exits with 1 where a target is missed
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.configuration import write
from bench.process import free_port, serving
from bench.report import Row, at_most, show
from tests.support.hostile.bodies import ATTACKS, Attack
from tests.support.hostile.probe import percentile, probing, send

_MOST_WAIT_MS = 50
_MOST_MEMORY = 4
_SLACK_MB = 64
"""What pools, threads and tables of numbers may take, however small the body."""


def main() -> None:
    """Run all attacks, each on a gateway that has just started."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=31)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        show(_rows(Path(folder), arguments.megabytes * 1_000_000, arguments.only))


def _rows(folder: Path, size: int, only: str) -> Iterator[Row]:
    together: list[float] = []
    for name, make in ATTACKS.items():
        if only in name:
            yield _attacked(folder, name, make(size), together)
    yield Row(
        "all of them",
        f"waited p50 {percentile(together, 0.5):.1f} ms, {_told(together)}",
        at_most(percentile(together, 0.99), _MOST_WAIT_MS, "ms"),
    )


def _attacked(folder: Path, name: str, attack: Attack, together: list[float]) -> Row:
    port = free_port()
    with serving(["gateway", "up", str(write(folder, port)), "--log-level", "error"], port, set()) as server:
        send(port, attack.path, b'{"messages": [{"role": "user", "content": "hello"}]}', {})
        before = server.rss_mb()
        with probing(port) as waits:
            status = send(port, attack.path, attack.body, dict(attack.headers))
        grown = server.peak_mb() - before
    together += waits
    most = _SLACK_MB + _MOST_MEMORY * len(attack.body) / 1e6
    told = f"{status}  waited {_told(waits)}; {grown:4.0f} MB more for {len(attack.body) / 1e6:.1f}"
    return Row(name, told, at_most(grown, most, "MB"))


def _told(waits: list[float]) -> str:
    return f"p99 {percentile(waits, 0.99):.1f} ms, most {percentile(waits, 1):.1f} ms, {len(waits)} times"


if __name__ == "__main__":
    main()
