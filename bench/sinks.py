"""`make bench-sinks`: what it costs a decision to be logged, counted and shown, in processor time.

One gateway on one core, which switches its sinks off and on while it is loaded: two processes of the same build differ
by more than what is measured here. A share is the median over the rounds, each with a process of its own.

    python -m bench.sinks [--rounds 5] [--seconds 5]
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import configuration
from bench.process import free_port, load, serving
from bench.report import Row, at_most, show

_PER_SECOND = 25_000
_KINDS = ("pinned", "embedded")
_MOST = 5


def compared(folder: Path, rounds: int, seconds: float) -> Iterator[Row]:
    """Measure the share of a request's processor time that its sinks take."""
    for kind in _KINDS:
        pairs = [pair for number in range(rounds) for pair in _costs(folder, kind, number, seconds)]
        share = 100 * median(on / off - 1 for off, on in pairs)
        without, with_all = (median(pair[side] for pair in pairs) for side in (0, 1))
        value = f"{share:.1f} % ({without:.0f} µs without, {with_all:.0f} µs with all)"
        yield Row(f"sinks, {kind}", value, at_most(share, _MOST, "%"))


def _costs(folder: Path, kind: str, seed: int, seconds: float) -> Sequence[tuple[float, float]]:
    """Return what a request costs without sinks and with them right after, in microseconds, again and again."""
    port = free_port()
    path = configuration.write(folder, port, admin={"port": free_port()})
    report = folder / f"{kind}-{port}.json"
    with serving(("bench.servers.switching", str(path), str(report)), port) as server:
        load(server, kind, seed, count=int(_PER_SECOND * seconds), seconds=seconds)
    periods = json.loads(report.read_text())
    busiest = max(requests for requests, _ in periods)
    costs = [1e6 * worked / requests if requests > busiest / 2 else None for requests, worked in periods]
    return [(off, on) for off, on in zip(costs[::2], costs[1::2], strict=False) if off and on]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="the more, the steadier the medians")
    parser.add_argument("--seconds", type=float, default=5.0, help="the length of one run")
    chosen = parser.parse_args()
    with TemporaryDirectory() as name:
        show(compared(Path(name), chosen.rounds, chosen.seconds))


if __name__ == "__main__":
    main()
