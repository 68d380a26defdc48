"""What single calls cost, without a server."""

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.prompts import descriptions, prompts
from filters.context import Pin
from filters.routing.classifier import Prompt, Route
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.session_pinning.memory import MemoryPinStore

_PAGE_MB = 4096 / 2**20


@dataclass(frozen=True, slots=True)
class Spread:
    """Times of many calls, in milliseconds."""

    p50: float
    p99: float


def routes(count: int) -> list[Route]:
    """Return so many routes."""
    return [Route(name, text, ("openai/gpt-4o",)) for name, text in descriptions(count)]


def classification(route_count: int, words: int, calls: int) -> Spread:
    """Time decisions over distinct prompts of so many words."""
    bound = EmbeddedClassifier(encoder="fast").bind(routes(route_count))
    todo = [Prompt(text) for text in islice(prompts("embedded", words, words), calls + 50)]
    for prompt in todo[:50]:
        bound.decide(prompt)
    return _spread(bound.decide, todo[50:])


def binding(route_count: int) -> float:
    """Return how many milliseconds it takes to learn so many routes."""
    learned = routes(route_count)
    started = time.perf_counter()
    EmbeddedClassifier(encoder="fast").bind(learned)
    return (time.perf_counter() - started) * 1e3


def _spread(call: Callable[[Prompt], object], todo: Iterable[Prompt]) -> Spread:
    times = []
    for prompt in todo:
        started = time.perf_counter_ns()
        call(prompt)
        times.append(time.perf_counter_ns() - started)
    times.sort()
    return Spread(times[len(times) // 2] / 1e6, times[len(times) * 99 // 100] / 1e6)


@dataclass(frozen=True, slots=True)
class PinCosts:
    """Microseconds for each operation on a full store (a claim throws the oldest out), and its size."""

    get_us: float
    claim_us: float
    megabytes: float


def pins(entries: int, calls: int = 50_000) -> PinCosts:
    """Fill the memory store and time it."""
    return asyncio.run(_pins(entries, calls))


async def _pins(entries: int, calls: int) -> PinCosts:
    before, store, pin = _resident_mb(), MemoryPinStore(600, entries), Pin("openai/gpt-4o", "complex_reasoning")
    for number in range(entries):
        await store.claim(f"session-{number:08d}", pin)
    size = _resident_mb() - before
    known = [f"session-{random.randrange(entries):08d}" for _ in range(calls)]
    started = time.perf_counter()
    for key in known:
        await store.get(key)
    between = time.perf_counter()
    for number in range(calls):
        await store.claim(f"another-{number:08d}", pin)
    ended = time.perf_counter()
    return PinCosts((between - started) / calls * 1e6, (ended - between) / calls * 1e6, size)


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_MB
