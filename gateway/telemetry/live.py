"""The live feed: the last requests, and each new one as it ends, for whoever watches.

Both are bounded. The ring is short, and forgets the oldest; of requests that end within the same moment it keeps the
last few. For records that are kept are out of the processor's cache when they are freed: a ring of 500 cost a decision
3 % of its time. A watcher that reads too slowly misses the oldest of what waits for it, and is told how much.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from filters.record import RequestRecord

RING: Final = 100
RING_AT_ONCE: Final = 16
"""Of the records that are given at once, so many are kept in the ring."""
WAITING: Final = 200
MAX_WATCHERS: Final = 50


class TooManyWatchersError(Exception):
    """There are as many watchers as there may be."""


class Watcher:
    """What waits for one watcher."""

    def __init__(self) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=WAITING)
        self._some = asyncio.Event()
        self.missed = 0
        """How many records this watcher did not get, since it read too slowly."""

    def put(self, records: Sequence[RequestRecord]) -> None:
        """Add records, in place of the oldest where too many wait."""
        self.missed += max(0, len(self._records) + len(records) - WAITING)
        self._records.extend(records)
        self._some.set()

    async def next(self) -> Sequence[RequestRecord]:
        """Wait for records, and return all that have come since, oldest first."""
        await self._some.wait()
        self._some.clear()
        records = tuple(self._records)
        self._records.clear()
        return records


class LiveFeed:
    """A sink that keeps the last records and passes new ones on. It costs a request nothing that grows with time.

    `flush` has records that wait for the sinks given to them, before somebody looks.
    """

    def __init__(self, flush: Callable[[], None] = lambda: None) -> None:
        self._flush = flush
        self._ring: deque[RequestRecord] = deque(maxlen=RING)
        self._watchers: set[Watcher] = set()
        self._missed = 0

    @property
    def dropped(self) -> int:
        """How many records watchers have missed so far, in all."""
        return self._missed + sum(watcher.missed for watcher in self._watchers)

    def emit(self, records: Sequence[RequestRecord]) -> None:
        """Take the records of requests that have ended."""
        self._ring.extend(records[-RING_AT_ONCE:])
        for watcher in self._watchers:
            watcher.put(records)

    def recent(self) -> Sequence[RequestRecord]:
        """Return the last records, oldest first."""
        self._flush()
        return tuple(self._ring)

    @contextmanager
    def watched(self) -> Iterator[Watcher]:
        """Watch while the context is open. Raises TooManyWatchersError."""
        if len(self._watchers) >= MAX_WATCHERS:
            raise TooManyWatchersError
        self._flush()
        watcher = Watcher()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
            self._missed += watcher.missed
