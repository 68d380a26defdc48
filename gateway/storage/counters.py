"""Counters, and where they are: in the memory of this process, or in a Redis."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from filters.counters import Addition, Counters, CountersConfig, Window
from filters.errors import ConfigError
from gateway.storage.links import Links

if TYPE_CHECKING:
    from gateway.storage.redis_link import RedisLink


class MemoryCounters:
    """Counts in this process. Every operation takes a time that does not grow with what is counted.

    (The `limits` library, whose scripts count in Redis, starts a task and a thread for each hit in memory.)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self._windows: dict[str, deque[float]] = {}
        self._totals: dict[int, OrderedDict[str, tuple[float, int]]] = {}

    async def acquire(self, key: str, limit: int, seconds: int) -> Window:
        """Take a place in a window that moves with the time."""
        now, places = self._places(self._windows.setdefault(key, deque()), seconds)
        allowed = len(places) < limit
        if allowed:
            places.append(now)
        return Window(allowed, len(places), places[0] + seconds - now if places else 0.0)

    async def window(self, key: str, limit: int, seconds: int) -> Window:
        """Look at a window and take nothing."""
        now, places = self._places(self._windows.get(key, deque()), seconds)
        return Window(len(places) < limit, len(places), places[0] + seconds - now if places else 0.0)

    async def totals(self, keys: Sequence[str]) -> Sequence[int]:
        """Return totals."""
        return [self._total(key) for key in keys]

    def add(self, additions: Sequence[Addition]) -> None:
        """Add to totals. Those of one length of life lie in the order of their end, so the ended ones are in front."""
        now = self._clock()
        for key, amount, seconds in additions:
            alike = self._totals.setdefault(seconds, OrderedDict())
            while alike and next(iter(alike.values()))[0] <= now:
                alike.popitem(last=False)
            ends, total = alike.get(key, (now + seconds, 0))
            alike[key] = (ends, total + amount)

    def _places(self, places: deque[float], seconds: int) -> tuple[float, deque[float]]:
        """Return what time it is, and the places that are taken in the last seconds."""
        now = self._clock()
        while places and places[0] <= now - seconds:
            places.popleft()
        return now, places

    def _total(self, key: str) -> int:
        now = self._clock()
        found = (alike[key] for alike in self._totals.values() if key in alike)
        return next((total for ends, total in found if ends > now), 0)


@dataclass(frozen=True, slots=True)
class Counting:
    """The counters of a configuration. `link` is the way to Redis, if any."""

    counters: Counters
    link: "RedisLink | None" = None


@dataclass(slots=True)
class CounterStorage:
    """What is counted, through every reload. `links` are shared with the pins."""

    links: Links
    _memory: MemoryCounters = field(default_factory=MemoryCounters)

    def counting(self, section: CountersConfig) -> Counting:
        """Return the counters. Raises ConfigError where Redis is asked for and its client or its URL cannot be used."""
        if section.type == "memory":
            return Counting(self._memory)
        try:
            from gateway.storage.redis_counters import RedisCounters  # noqa: PLC0415 - an extra, and slow to import
        except ModuleNotFoundError:
            raise ConfigError(
                "counters.type: redis needs packages that are not installed: pip install redis limits"
            ) from None
        link = self.links.link("counters.url", section.url or "", section.timeout_ms / 1000)
        return Counting(RedisCounters(link), link)
