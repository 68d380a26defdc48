"""`make bench-proxy`: what the gateway adds to a proxied request, measured in turn with two baselines in one run.

The baselines are the client that goes direct and the bare aiohttp proxy (`bench.servers.passthrough`). The provider is
the fake one of the tests, in a process of its own and on another core than the proxies, which share one and are never
loaded at the same time. The gateway decides by the embedded classifier over prompts that it has never seen, and writes
its log; the bare proxy does neither.

What is compared is taken in turn, in short blocks, so that whatever else the machine does meets all alike. Added times
are differences of percentiles; ratios are medians over rounds, and `by CPU` compares processor time instead. Streams
are kept going, each followed by another, so that a share of the core goes to their beginnings. A frame is late where it
is 0.1 s, which a reader may notice, behind the best that a frame of its stream did; a number of streams is held if one
of the tries lost no frame and had none late. How long the gateway had to wait for its core is told at the end: where
that is much, no time here can be trusted.

    python -m bench.proxy [--rounds 5] [--tries 3]
"""

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import aiohttp

from bench import load, paced, translation
from bench.process import Server, cores, on
from bench.proxied import Servers, decided, named, start, streamed
from bench.report import Row, Target, at_least, at_most, show
from bench.streams import play
from filters.context import WireFormat

_BLOCK = 100
_BLOCKS_PER_ROUND = 4


def _percentiles(times: list[float]) -> tuple[float, float]:
    """Return p50 and p99 in milliseconds."""
    times.sort()
    return times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3


def _in_turn(servers: Servers, blocks: int, block: Callable[[str, Server, int], list[float]]) -> dict[str, list[float]]:
    """Return all times of each server; `block` takes its name, itself and the number of the block."""
    times: dict[str, list[float]] = {name: [] for name in servers.all()}
    for number in range(blocks + 1):
        for name, server in servers.all().items():
            taken = block(name, server, number)
            times[name] += taken if number else []
    return times


def _added(what: str, times: dict[str, list[float]], targets: tuple[float | None, float | None]) -> Iterator[Row]:
    direct, bare, ours = (_percentiles(times[name]) for name in ("direct", "bare", "gateway"))
    for at, name in enumerate(("p50", "p99")):
        added = ours[at] - direct[at]
        value = f"{added:.2f} ms (the bare proxy {bare[at] - direct[at]:.2f}; direct takes {direct[at]:.2f})"
        yield Row(f"added {what}, {name}", value, at_most(added, targets[at], "ms"))


def latency(servers: Servers, rounds: int) -> Iterator[Row]:
    """Measure whole answers, one request at a time."""

    def block(name: str, server: Server, number: int) -> list[float]:
        answers = load.exchange(server.port, decided(name, number, _BLOCK), connections=1)
        return [taken for _, taken in answers]

    yield from _added("latency, one at a time", _in_turn(servers, rounds * _BLOCKS_PER_ROUND, block), (0.6, 1.5))


def first_token(servers: Servers, rounds: int) -> Iterator[Row]:
    """Measure how long a stream's first frame takes, one stream at a time."""

    def block(name: str, server: Server, _: int) -> list[float]:
        return [stream.first() for stream in play(server.port, streamed(name, "fake-4x1ms"), 1, _BLOCK)]

    yield from _added("time to first token", _in_turn(servers, rounds * _BLOCKS_PER_ROUND, block), (None, 2.0))


def throughput(servers: Servers, rounds: int, seconds: float = 1.0) -> Iterator[Row]:
    """Measure 32 requests at once: each decided for itself, and all of one session."""
    for what, session in (("decided", ""), ("pinned", "bench")):
        runs: dict[str, list[_Run]] = {name: [] for name in servers.all()}
        for number in range(rounds):
            for name, server in servers.all().items():
                runs[name].append(_run(server, decided(name, number, 12_000, session), seconds))
        yield from _throughput(what, runs)


def _run(server: Server, requests: list[bytes], seconds: float) -> "_Run":
    before = server.cpu_seconds()
    report = load.run(server.port, requests, connections=32, seconds=seconds)
    if report.failures:
        raise RuntimeError(f"{report.failures} of {report.requests} requests failed")
    return _Run(report, (server.cpu_seconds() - before) / report.requests * 1e6)


class _Run(NamedTuple):
    report: load.Report
    cpu_us: float
    """Processor time for each request."""


def _throughput(what: str, runs: dict[str, list[_Run]]) -> Iterator[Row]:
    pairs = list(zip(runs["bare"], runs["gateway"], strict=True))
    ratio = median(ours.report.per_second / bare.report.per_second for bare, ours in pairs)
    by_cpu = median(bare.cpu_us / ours.cpu_us for bare, ours in pairs)
    ours, bare, direct = (
        (
            median(run.report.p50_ms for run in runs[name]),
            median(run.report.p99_ms for run in runs[name]),
            median(run.report.per_second for run in runs[name]),
            median(run.cpu_us for run in runs[name]),
        )
        for name in ("gateway", "bare", "direct")
    )
    for at, name in enumerate(("p50", "p99")):
        value = f"{ours[at] - direct[at]:.1f} ms (the bare proxy {bare[at] - direct[at]:.1f}; direct {direct[at]:.1f})"
        yield Row(f"{what}, 32 at once, added {name}", value)
    value = f"{ratio:.2f} of the bare proxy's, {by_cpu:.2f} by CPU ({ours[2]:,.0f}/s and {bare[2]:,.0f}/s"
    yield Row(
        f"{what}, 32 at once, requests a second",
        f"{value}; {ours[3]:.0f} and {bare[3]:.0f} µs each)",
        at_least(ratio, 0.6),
    )


def streams(servers: Servers, tries: int) -> Iterator[Row]:
    """Measure paced streams, and the gateway's memory around them."""
    rest, peak, most = servers.gateway.rss_mb(), 0.0, 0
    for count in paced.COUNTS:
        taken = {
            name: paced.best(server, streamed(name, paced.MODEL), count, tries)
            for name, server in servers.all().items()
        }
        if count == paced.COUNTS[0]:
            yield Row("added time between frames", paced.added_gaps(taken))
        peak = servers.gateway.peak_mb() if count == 512 else peak
        most = count if taken["gateway"].held else most
        yield Row(f"{count:,} paced streams", "; ".join(f"{name} {one}" for name, one in taken.items()))
    yield Row("paced streams held by one worker", f"{most:,}", at_least(most, 512))
    value = f"{rest:.0f} MB at rest, {peak:.0f} MB under 512 streams, {servers.gateway.rss_mb():.0f} MB after all"
    yield Row("resident memory", value)


def translations(servers: Servers, rounds: int) -> Iterator[Row]:
    """Measure each pair of formats that differ, in-process and by the gateway's processor time."""
    for caller, provider in translation.PAIRS:
        with on(cores()[0]):
            request = median(translation.request_us(caller, provider) for _ in range(2 * rounds + 1))
            event = median(translation.event_us(caller, provider) for _ in range(2 * rounds + 1))
        there = [_through(servers.gateway, caller, provider) for _ in range(rounds)]
        whole, streaming = (median(column) for column in zip(*there, strict=True))
        value = f"{request:.0f} µs a request, {event:.1f} µs an event; "
        value += f"by the gateway {whole:.0f} µs for both ways of a small one, {streaming:.1f} µs an event"
        yield Row(f"{caller} to {provider}", value, Target("<= 250, 15 µs", request <= 250 and event <= 15))


def _through(gateway: Server, caller: WireFormat, provider: WireFormat) -> tuple[float, float]:
    """Return the microseconds by which a whole answer and an event cost more translated than untouched."""
    count, frames = 200, 256

    def cost(upstream: WireFormat, *, stream: bool) -> float:
        request = named(caller, upstream, f"fake-{frames if stream else 16}x0ms", stream=stream)
        before = gateway.cpu_seconds()
        if stream:
            play(gateway.port, request, 4, count // 20)
        else:
            load.exchange(gateway.port, [request] * count, connections=4)
        return (gateway.cpu_seconds() - before) * 1e6

    whole = (cost(provider, stream=False) - cost(caller, stream=False)) / count
    return whole, (cost(provider, stream=True) - cost(caller, stream=True)) / (4 * (count // 20) * frames)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="the more, the steadier the medians")
    parser.add_argument("--tries", type=int, default=3, help="how often a number of streams may be tried")
    chosen = parser.parse_args()
    print(f"Python {platform.python_version()}, aiohttp {aiohttp.__version__}, {os.cpu_count()} cores\n")
    with ExitStack() as stack, on(cores()[1]):
        servers = start(stack, Path(stack.enter_context(TemporaryDirectory())))
        show(_rows(servers, chosen.rounds, chosen.tries))


def _rows(servers: Servers, rounds: int, tries: int) -> Iterator[Row]:
    yield from latency(servers, rounds)
    yield from throughput(servers, rounds)
    yield from first_token(servers, rounds)
    yield from streams(servers, tries)
    yield from translations(servers, max(1, rounds // 2))
    worked, waited = servers.gateway.cpu_seconds(), servers.gateway.waited_seconds()
    value = f"had {worked:.0f} s of processor time and waited {waited:.0f} s for it"
    yield Row("the gateway", value, Target("<= 10 % waiting", waited <= 0.1 * worked))


if __name__ == "__main__":
    main()
