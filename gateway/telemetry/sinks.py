"""Sinks: what reads the record of each request when it has ended.

Records are given a few at a time. Between two requests the processor's caches and predictors are cold, so that a record
that is logged and counted by itself costs three times what it costs right after another.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, Protocol

import structlog
from aiohttp import web

from filters.record import RequestRecord

MAX_RECORDS: Final = 128
"""So many records are given at once: they hold the event loop for less than half a millisecond."""
GATHER_SECONDS: Final = 0.02
"""How long a record waits at most for others."""


class Sink(Protocol):
    """Takes records.

    It is called on the event loop with the requests of the last moment, so it must not wait: what is slow (a disk, a
    network) is behind a bounded queue of its own, and what that drops is counted in an attribute `dropped`.
    """

    def emit(self, records: Sequence[RequestRecord]) -> None:
        """Take the records of some requests that have ended, at least one, in the order of their ends."""


class Sinks:
    """All sinks of a gateway. One that fails does not keep the others from their record.

    While the application runs, records wait until there are MAX_RECORDS, for at most GATHER_SECONDS. Who reads what
    sinks hold calls `flush` first. Before the application has started and after it, each record is given at once.
    """

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
        self._failed: dict[str, int] = {}
        self._waiting: list[RequestRecord] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def failed(self) -> Mapping[str, int]:
        """How often each sink that has failed did, by the name of its type."""
        return self._failed

    @property
    def dropped(self) -> Mapping[str, int]:
        """What each sink with a queue has dropped so far, by the name of its type."""
        counts = {type(sink).__name__: getattr(sink, "dropped", None) for sink in self._sinks}
        return {name: count for name, count in counts.items() if count is not None}

    def add(self, sink: Sink) -> None:
        """Give one more sink all records from now on."""
        self.flush()
        self._sinks = (*self._sinks, sink)

    def remove(self, sink: Sink) -> None:
        """Give a sink no more records."""
        self.flush()
        self._sinks = tuple(each for each in self._sinks if each is not sink)

    def emit(self, record: RequestRecord) -> None:
        """Give every sink the record, now or with those that come in the next moment."""
        self._waiting.append(record)
        if self._loop is None or len(self._waiting) >= MAX_RECORDS:
            self.flush()
        elif self._timer is None:
            self._timer = self._loop.call_later(GATHER_SECONDS, self._gathered)

    def flush(self) -> None:
        """Give every sink the records that wait, one sink after the other."""
        records, self._waiting = self._waiting, []
        if not records:
            return
        for sink in self._sinks:
            try:
                sink.emit(records)
            except Exception as error:  # noqa: BLE001 - a sink must never fail a request
                self._tell(sink, error)

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Gather records while the application runs (an aiohttp cleanup context, to end before those of the sinks)."""
        self._loop = asyncio.get_running_loop()
        yield
        if self._timer is not None:
            self._timer.cancel()
        self._loop = self._timer = None
        self.flush()

    def _gathered(self) -> None:
        self._timer = None
        self.flush()

    def _tell(self, sink: Sink, error: Exception) -> None:
        """Log the first failure of a sink by its type and not by its text, which could quote a request."""
        name = type(sink).__name__
        if name not in self._failed:
            structlog.get_logger().error("sink_failed", sink=name, error=type(error).__name__)
        self._failed[name] = self._failed.get(name, 0) + 1
