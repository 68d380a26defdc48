"""The sink of the decision log: a bounded queue, and the process that writes what stands in it.

A request never waits for the log. Records that come together are sent together, by a pipe. Where the writing
process does not keep up, the pipe and then the queue fill, and further records are dropped; where the disk does not
take them (it is full, the file is locked or broken) those that were to be written are. What is dropped is counted, and
the log says when it begins and ends.
"""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Final

import orjson
import structlog
from aiohttp import web

from filters.record import RequestRecord
from gateway.storage.decision_log.batches import Batches
from gateway.storage.decision_log.rows import is_logged

RETRY_SECONDS: Final = 5.0
"""How long it takes until a writing process that ended, or could not be started, is started again."""
MAX_QUEUED: Final = 10_000
_PIECE: Final = 4
"""Records that are made ready at a time where few wait, a fourth of them elsewhere: some 0.05 ms of the event loop."""
_MOST: Final = 64
"""Records that are made ready at a time at most."""
PAUSE_SECONDS: Final = 0.004
"""How long the event loop has before the next. A request comes and goes in several of its rounds, so that one piece in
each of them would hold it up as long as all of them at once."""
_LAST_SECONDS: Final = 5.0
"""How long the end of the process waits for the last records."""


class DecisionLog:
    """Takes records on the event loop, and sends them to the process that a command starts (see `writer`)."""

    def __init__(self, command: Sequence[str], max_queued: int = MAX_QUEUED) -> None:
        self._command: Final = command
        self._max: Final = max_queued
        self._queue: Final[deque[RequestRecord]] = deque()
        self._some: Final = asyncio.Event()
        self._stopping = False
        self._underway = 0
        self._failing = False
        self._log: Final = structlog.get_logger()
        self.overflowed = 0
        """Records for which the queue had no place."""
        self.failed = 0
        """Records that could not be written."""
        self.written = 0

    @property
    def dropped(self) -> int:
        """How many records were dropped so far."""
        return self.overflowed + self.failed

    def emit(self, records: Sequence[RequestRecord]) -> None:
        """Take records, or drop those for which there is no place."""
        logged = [record for record in records if is_logged(record)]
        taken = logged[: self._max - len(self._queue)]
        self.overflowed += len(logged) - len(taken)
        self._queue.extend(taken)
        if taken:
            self._some.set()

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Write while the application runs, and what is left at its end (an aiohttp cleanup context)."""
        running = asyncio.create_task(self._run())
        yield
        self._stopping = True
        self._some.set()
        await asyncio.wait([running], timeout=_LAST_SECONDS)
        running.cancel()
        await asyncio.wait([running])
        self._give_up(len(self._queue), "the gateway ended before all was written")
        self._queue.clear()

    async def _run(self) -> None:
        while self._queue or not self._stopping:
            try:
                process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE, process_group=0)
            except OSError as error:
                self._give_up(0, f"the writing process cannot be started: {error}")
            else:
                await self._serve(process)
            await asyncio.sleep(0 if self._stopping else RETRY_SECONDS)

    async def _serve(self, process: Process) -> None:
        """Feed a process until it or this one ends."""
        hearing = asyncio.create_task(self._hear(process))
        try:
            await self._feed(process, hearing)
            await hearing
        finally:
            hearing.cancel()
            lost, self._underway = self._underway, 0
            if lost or not self._stopping:
                self._give_up(lost, f"the writing process ended with status {process.returncode}")

    async def _feed(self, process: Process, hearing: "asyncio.Task[None]") -> None:
        assert process.stdin, "it is a pipe"  # noqa: S101 - for the types
        batches = Batches()
        try:
            while not hearing.done():
                await self._some.wait()
                self._some.clear()
                while self._queue:
                    self._send(process.stdin, batches)
                    await process.stdin.drain()
                    await asyncio.sleep(0 if self._stopping else PAUSE_SECONDS)
                if self._stopping:
                    break
        except ConnectionError:  # it ended, as its end will tell
            pass
        finally:
            process.stdin.close()

    def _send(self, pipe: asyncio.StreamWriter, batches: Batches) -> None:
        waiting = len(self._queue)
        piece = min(waiting, max(_PIECE, waiting // 4), _MOST)
        records = [self._queue.popleft() for _ in range(piece)]
        try:
            frame = batches.frame(records)
        except Exception as error:  # noqa: BLE001 - a record of a kind that nobody foresaw must not end the log
            self._give_up(len(records), f"records cannot be packed: {type(error).__name__}")
            return
        pipe.write(frame)
        self._underway += len(records)

    async def _hear(self, process: Process) -> None:
        """Note what the process tells, until it has ended."""
        assert process.stdout, "it is a pipe"  # noqa: S101 - for the types
        async for line in process.stdout:
            self._note(**orjson.loads(line))
        await process.wait()
        self._some.set()

    def _note(self, written: int = 0, failed: int = 0, error: str | None = None, set_aside: str | None = None) -> None:
        self._underway -= written + failed
        self.written += written
        if set_aside is not None:
            self._log.error("decision_log_broken", moved_to=set_aside)
        if failed or error is not None:
            self._give_up(failed, error or "it cannot be opened")
        elif written and self._failing:
            self._failing = False
            self._log.info("decision_log_resumed", dropped=self.dropped)

    def _give_up(self, count: int, why: str) -> None:
        """Count records that were not written, and log the first failure in a row."""
        self.failed += count
        if not self._failing and (count or not self._stopping):
            self._failing = True
            self._log.error("decision_log_failed", error=why)
