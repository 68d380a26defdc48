"""The sink of the decision log: a bounded queue, and a thread that writes what stands in it.

A request never waits for the log. Records gather in the queue for a moment and are written together. Where the disk
is slow the queue fills and further records are dropped; where it does not take them (it is full, the file is locked or
broken) those that were to be written are dropped. What is dropped is counted, and the log says when it begins and ends.
"""

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, Protocol

import structlog
from aiohttp import web

from filters.errors import PointsmanError
from filters.record import RequestRecord
from gateway.storage.decision_log.rows import is_logged

WRITE_SECONDS: Final = 0.02
"""How often what has gathered is written: few rows at a time, so that requests hardly wait for the interpreter."""
PRUNE_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 5.0
"""How long a log that cannot be opened is left alone."""
MAX_QUEUED: Final = 10_000
_BATCH: Final = 1000
"""Records that one transaction writes."""
_LAST_SECONDS: Final = 5.0
"""How long the end of the process waits for the last records."""


class LogFile(Protocol):
    """What the thread writes to."""

    def append(self, records: Sequence[RequestRecord]) -> None:
        """Write records; all are written, or none."""

    def prune(self, now: float) -> None:
        """Remove what is older or more than is to be kept."""

    def close(self) -> None:
        """Close the file."""


class Place(Protocol):
    """Where this process writes."""

    def open(self) -> LogFile:
        """Open the file, again after a failure. Called in the thread; may raise."""

    def leave(self) -> None:
        """Leave the place to others."""


class DecisionLog:
    """Takes records on the event loop, and has a thread write them to the file of a place."""

    def __init__(self, place: Place, max_queued: int = MAX_QUEUED, write_seconds: float = WRITE_SECONDS) -> None:
        self._place = place
        self._max = max_queued
        self._seconds = write_seconds
        self._queue: deque[RequestRecord] = deque()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="decision log", daemon=True)
        self._file: LogFile | None = None
        self._retry_at = self._prune_at = 0.0
        self._failing = False
        self._log = structlog.get_logger()
        self.overflowed = 0
        """Records for which the queue had no place."""
        self.failed = 0
        """Records that could not be written."""
        self.written = 0

    @property
    def dropped(self) -> int:
        """How many records were dropped so far."""
        return self.overflowed + self.failed

    def emit(self, record: RequestRecord) -> None:
        """Take a record, or drop it."""
        if not is_logged(record):
            return
        if len(self._queue) >= self._max:
            self.overflowed += 1
            return
        self._queue.append(record)

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Write while the application runs, and what is left at its end (an aiohttp cleanup context)."""
        self._thread.start()
        yield
        self._stop.set()
        await asyncio.to_thread(self._thread.join, _LAST_SECONDS)

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            self._turn()
        self._turn()
        self._close()
        self._place.leave()

    def _turn(self) -> None:
        """Write what has gathered, and prune where it is time."""
        now = time.monotonic()
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
            self._write(batch)
        if self._file is not None and now >= self._prune_at:
            self._prune_at = now + PRUNE_SECONDS
            self._guarded(self._file.prune, time.time())

    def _write(self, batch: Sequence[RequestRecord]) -> None:
        if (file := self._opened()) is not None and self._guarded(file.append, batch):
            self.written += len(batch)
            if self._failing:
                self._failing = False
                self._log.info("decision_log_resumed", dropped=self.dropped)
        else:
            self.failed += len(batch)

    def _opened(self) -> LogFile | None:
        if self._file is None and time.monotonic() >= self._retry_at:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            self._guarded(self._reopen)
        return self._file

    def _reopen(self) -> None:
        self._file = self._place.open()

    def _guarded(self, work: Callable[..., None], *args: object) -> bool:
        """Do something with the file; where that fails, close it and log the first failure in a row."""
        try:
            work(*args)
        except (sqlite3.Error, OSError, PointsmanError) as error:
            if not self._failing:
                self._failing = True
                self._log.error("decision_log_failed", error=_words(error))
            self._close()
            return False
        return True

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except (sqlite3.Error, OSError):
                self._log.debug("decision_log_not_closed")


def _words(error: Exception) -> str:
    """Return what failed. None of these texts holds values of a row."""
    return f"{type(error).__name__}: {error}"
