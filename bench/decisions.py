"""`make bench`: decisions per second of one worker, against a bare aiohttp handler, measured in turn in one run.

The server has one core and the generator another. Each round loads the bare handler and then the gateway with the same
requests, or the other way round, so that whatever else the machine does meets both; both are new processes in each
round, since two processes of one program can differ by a tenth. A ratio is the median over the rounds. `by CPU`
compares the processor time per request instead. Where other work takes part of the servers' core, which a row tells,
neither can be trusted: that work also empties the caches that the classifier's weights lie in.

    python -m bench.decisions [--rounds 5] [--seconds 2] [--million]
"""

import argparse
import itertools
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from bench import configuration, inprocess
from bench.process import Server, cores, free_port, load, on, serving
from bench.report import Row, Target, at_least, at_most, show

_ROUTES = (2, 10, 100, 500)
_PER_SECOND = 25_000
"""More requests than any server here answers in a second, so that a run ends by its time."""

_Pair = tuple[dict[str, Any], dict[str, Any]]

_SEEDS = itertools.count(1)
"""Every run has prompts of its own: no prompt is sent twice to the same server."""


def gateway(stack: ExitStack, folder: Path, routes: int = 2, **routing: int) -> Server:
    """Start a gateway."""
    port = free_port()
    path = configuration.write(folder, port, routes, **routing)
    return stack.enter_context(serving(("gateway", "up", str(path)), port))


def bare(stack: ExitStack) -> Server:
    """Start the baseline."""
    port = free_port()
    return stack.enter_context(serving(("bench.servers.bare", "--port", str(port)), port))


def calls() -> Iterator[Row]:
    """Measure what needs no server."""
    with on(cores()[1]):
        for words, count, target in ((12, 4000, 0.15), (2000, 300, None)):
            spread = inprocess.classification(2, words, count)
            value = f"p50 {spread.p50:.3f} ms, p99 {spread.p99:.3f} ms"
            yield Row(f"one classification, {words:,} words", value, at_most(spread.p50, target, "ms"))
        few = inprocess.classification(_ROUTES[0], 12, 2000).p50
        for count in _ROUTES[1:]:
            many = inprocess.classification(count, 12, 2000).p50
            value = f"p50 {many:.3f} ms = {many / few:.2f} x 2 routes; learnt in {inprocess.binding(count):.1f} ms"
            yield Row(f"one classification, {count} routes", value)
        for entries in (10_000, 1_000_000):
            cost = inprocess.pins(entries)
            value = f"get {cost.get_us:.1f} µs, claim {cost.claim_us:.1f} µs, {cost.megabytes:.0f} MB"
            yield Row(f"memory store, {entries:,} pins", value)


def starts(folder: Path) -> Iterator[Row]:
    """Measure starts, each from a process that does not exist to its first decision."""
    times, sizes = [], []
    for _ in range(3):
        with ExitStack() as stack:
            server = gateway(stack, folder)
            times.append(server.start_seconds)
            sizes.append(server.rss_mb())
    yield Row("start to first answer", f"{median(times):.2f} s", at_most(median(times), 1.5, "s"))
    yield Row("resident memory at start", f"{median(sizes):.0f} MB", at_most(median(sizes), 150, "MB"))


def against_bare(folder: Path, rounds: int, seconds: float) -> Iterator[Row]:
    """Measure decisions per second."""
    targets = {"pinned": 0.65, "embedded": 0.35, "no-match": None, "sessions": None}
    pairs: dict[str, list[_Pair]] = {kind: [] for kind in targets}
    for number in range(rounds):
        with ExitStack() as stack:
            base, ours = bare(stack), gateway(stack, folder)
            for kind in targets:
                pairs[kind].append(_pair(base, ours, kind, seconds, base_first=number % 2 == 0))
            size = ours.rss_mb()
    for kind, target in targets.items():
        yield _compared(kind, pairs[kind], target)
    reports = [report for rows in pairs.values() for pair in rows for report in pair]
    yield Row("the generator's core", f"busy {max(report['busy'] for report in reports):.0%} at most")
    share = median(report["cpu_us"] * report["per_second"] / 1e6 for report in reports)
    yield Row("the servers' core", f"theirs for {share:.0%} of the time", Target(">= 90 %", share >= 0.9))
    yield Row("resident memory after these", f"{size:.0f} MB", at_most(size, 150, "MB"))


def _pair(base: Server, ours: Server, kind: str, seconds: float, *, base_first: bool) -> _Pair:
    """Load both with the same requests, and return the reports of the base and of ours."""
    seed = next(_SEEDS)
    if base_first:
        return _run(base, kind, seed, seconds), _run(ours, kind, seed, seconds)
    second = _run(ours, kind, seed, seconds)
    return _run(base, kind, seed, seconds), second


def _run(server: Server, kind: str, seed: int, seconds: float) -> dict[str, Any]:
    return load(server, kind, seed, count=int(_PER_SECOND * seconds), seconds=seconds)


def _compared(kind: str, pairs: Sequence[_Pair], target: float | None) -> Row:
    ratio = median(ours["per_second"] / base["per_second"] for base, ours in pairs)
    by_cpu = median(base["cpu_us"] / ours["cpu_us"] for base, ours in pairs)
    rates = [median(pair[side]["per_second"] for pair in pairs) for side in (0, 1)]
    tail = [median(pair[1][name] for pair in pairs) for name in ("p50_ms", "p99_ms")]
    costs = [median(pair[side]["cpu_us"] for pair in pairs) for side in (0, 1)]
    value = f"{ratio:.2f} of bare ({by_cpu:.2f} by CPU): {rates[1]:,.0f} of {rates[0]:,.0f}/s, "
    value += f"{costs[1]:.0f} and {costs[0]:.0f} µs each"
    return Row(f"decisions, {kind}", f"{value}; p50 {tail[0]:.2f} ms, p99 {tail[1]:.2f} ms", at_least(ratio, target))


def by_routes(folder: Path, rounds: int, seconds: float) -> Iterator[Row]:
    """Measure decisions with few and with many routes."""
    with ExitStack() as stack:
        servers = {count: gateway(stack, folder, count) for count in _ROUTES}
        runs: dict[int, list[dict[str, Any]]] = {count: [] for count in _ROUTES}
        for _ in range(rounds):
            seed = next(_SEEDS)
            for count, server in servers.items():
                runs[count].append(_run(server, "embedded", seed, seconds))
        for count in _ROUTES[1:]:
            paired = list(zip(runs[_ROUTES[0]], runs[count], strict=True))
            slower = median(few["per_second"] / many["per_second"] for few, many in paired)
            by_cpu = median(many["cpu_us"] / few["cpu_us"] for few, many in paired)
            value = f"{slower:.2f} x the time of 2 ({by_cpu:.2f} by CPU); {servers[count].rss_mb():.0f} MB"
            yield Row(f"decisions, {count} routes", value, at_most(slower, 1.5 if count == 500 else None, "x"))


def a_million(folder: Path) -> Iterator[Row]:
    """Measure memory over a million requests: half with distinct prompts, half with distinct sessions too."""
    with ExitStack() as stack:
        server, sizes = gateway(stack, folder), []
        for _ in range(10):
            for kind in ("embedded", "sessions"):
                load(server, kind, next(_SEEDS), count=50_000, seconds=120.0)
            sizes.append(server.rss_mb())
        growth = sizes[-1] - sizes[0]
        value = f"{sizes[0]:.0f} MB after 100,000, {sizes[-1]:.0f} MB after 1,000,000"
        yield Row("resident memory, growth after warm-up", value, at_most(growth, 5.0, "MB"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="the more, the steadier the medians")
    parser.add_argument("--seconds", type=float, default=2.0, help="the length of one run")
    parser.add_argument("--million", action="store_true", help="also send a million requests (some minutes)")
    chosen = parser.parse_args()
    print(f"Python {platform.python_version()}, aiohttp {aiohttp.__version__}, {os.cpu_count()} cores\n")
    with TemporaryDirectory() as name:
        folder = Path(name)
        parts: list[Callable[[], Iterator[Row]]] = [
            calls,
            lambda: starts(folder),
            lambda: against_bare(folder, chosen.rounds, chosen.seconds),
            lambda: by_routes(folder, chosen.rounds, chosen.seconds * 0.75),
        ]
        parts += [lambda: a_million(folder)] if chosen.million else []
        show(row for part in parts for row in part())


if __name__ == "__main__":
    main()
