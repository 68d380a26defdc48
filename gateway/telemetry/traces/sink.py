"""The sink that exports: records wait in a bounded queue for a thread, which makes spans of them.

The event loop does no more for a request than to append its record. Where the queue is full (the receiver is slow or
away) the record is dropped and counted, and so are those of a batch that could not be exported. The first failure in a
row is logged, and its end.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, Protocol

import structlog
from aiohttp import web

from filters.record import RequestRecord
from gateway.config.tracing import TracingSection

MAX_RECORDS: Final = 4096
BATCH_RECORDS: Final = 256
GATHER_SECONDS: Final = 1.0
"""How long the thread lets records gather for one batch."""
CLOSE_SECONDS: Final = 5.0
"""How long the end of the process waits for the last batch."""
_SAMPLED: Final = 0x01


class Exporter(Protocol):
    """Sends what it is given to the receiver that a section names. Its methods are called by one thread."""

    def export(self, records: list[RequestRecord]) -> None:
        """Send the spans of these records. Raises ExportError."""

    def close(self) -> None:
        """Give the connection up."""


class ExportError(Exception):
    """A batch could not be exported; its text is the cause in a word or two, without an address or a header."""


class TraceSink:
    """Exports the records of sampled requests to where `section` says at present, if anywhere.

    `connect` makes the exporter of a section; it is called by the thread, again whenever the section changes.
    """

    def __init__(
        self,
        section: Callable[[], TracingSection],
        connect: Callable[[TracingSection], Exporter],
        gather: float = GATHER_SECONDS,
    ) -> None:
        self._section = section
        self._connect = connect
        self._gather = gather
        self._queue: deque[tuple[TracingSection, RequestRecord]] = deque()
        self._some = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._exporter: tuple[TracingSection, Exporter] | None = None
        self._failing = False
        self.dropped = 0
        """How many records were not exported, for whatever reason."""

    def emit(self, records: Sequence[RequestRecord]) -> None:
        """Take the records that are to be exported, or drop them where the queue is full."""
        section = self._section()
        if section.exports:
            for record in records:
                if record.trace is not None and record.trace.flags & _SAMPLED:
                    self._take(section, record)

    def _take(self, section: TracingSection, record: RequestRecord) -> None:
        if len(self._queue) >= MAX_RECORDS or self._closed.is_set():
            self.dropped += 1
            return
        self._queue.append((section, record))
        if not self._some.is_set():
            self._wake()

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Export what is left when the application ends (an aiohttp cleanup context)."""
        yield
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Take no more records, and wait a moment for the last to be exported."""
        self._closed.set()
        self._some.set()
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS)

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
            self._thread.start()
        self._some.set()

    def _run(self) -> None:
        while not (self._closed.is_set() and not self._queue):
            self._some.wait()
            self._closed.wait(self._gather)
            self._some.clear()
            while self._queue:
                self._send(*self._batch())
        if self._exporter is not None:
            self._exporter[1].close()

    def _batch(self) -> tuple[TracingSection, list[RequestRecord]]:
        """Take what waits for one section, as much as goes into a batch."""
        section, first = self._queue.popleft()
        records = [first]
        while self._queue and len(records) < BATCH_RECORDS and self._queue[0][0] is section:
            records.append(self._queue.popleft()[1])
        return section, records

    def _send(self, section: TracingSection, records: list[RequestRecord]) -> None:
        try:
            self._exporter_of(section).export(records)
        except ExportError as error:
            self.dropped += len(records)
            self._failed(str(error))
        except Exception as error:  # noqa: BLE001 - a defect must not end the thread, and its text could hold a header
            self.dropped += len(records)
            self._failed(type(error).__name__)
        else:
            if self._failing:
                self._failing = False
                structlog.get_logger().info("traces_exported_again", dropped=self.dropped)

    def _failed(self, error: str) -> None:
        if not self._failing:
            self._failing = True
            structlog.get_logger().warning("traces_not_exported", error=error)

    def _exporter_of(self, section: TracingSection) -> Exporter:
        if self._exporter is None or self._exporter[0] is not section:
            if self._exporter is not None:
                self._exporter[1].close()
            self._exporter = None
            self._exporter = (section, self._connect(section))
        return self._exporter[1]
