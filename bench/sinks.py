"""`make bench-sinks`: what it costs a decision to be logged, counted and shown, in processor time.

The same gateway with all default sinks and with none, loaded in turn with the same requests on one core. A share is the
median over the rounds.

    python -m bench.sinks [--rounds 5] [--seconds 2]
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import configuration
from bench.process import Server, free_port, load, serving
from bench.report import Row, at_most, show

_PER_SECOND = 25_000
_KINDS = ("pinned", "embedded")


def compared(folder: Path, rounds: int, seconds: float) -> Iterator[Row]:
    """Measure the share of a request's processor time that its sinks take."""
    costs: dict[str, list[tuple[float, float]]] = {kind: [] for kind in _KINDS}
    for number in range(rounds):
        with ExitStack() as stack:
            quiet, loud = _server(stack, folder, quiet=True), _server(stack, folder, quiet=False)
            for kind in _KINDS:
                order = (quiet, loud) if number % 2 else (loud, quiet)
                found = {server.port: _cost(server, kind, number, seconds) for server in order}
                costs[kind].append((found[quiet.port], found[loud.port]))
    for kind, pairs in costs.items():
        share = 100 * median(loud / quiet - 1 for quiet, loud in pairs)
        without, with_all = (median(pair[side] for pair in pairs) for side in (0, 1))
        value = f"{share:.1f} % ({without:.0f} µs without, {with_all:.0f} µs with all)"
        yield Row(f"sinks, {kind}", value, at_most(share, 5, "%"))


def _server(stack: ExitStack, folder: Path, *, quiet: bool) -> Server:
    port = free_port()
    path = configuration.write(folder, port, admin=None if quiet else {"port": free_port()})
    command = ("bench.servers.quiet", str(path)) if quiet else ("gateway", "up", str(path))
    return stack.enter_context(serving(command, port))


def _cost(server: Server, kind: str, seed: int, seconds: float) -> float:
    cost: float = load(server, kind, seed, count=int(_PER_SECOND * seconds), seconds=seconds)["cpu_us"]
    return cost


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="the more, the steadier the medians")
    parser.add_argument("--seconds", type=float, default=2.0, help="the length of one run")
    chosen = parser.parse_args()
    with TemporaryDirectory() as name:
        show(compared(Path(name), chosen.rounds, chosen.seconds))


if __name__ == "__main__":
    main()
