import sqlite3
import threading
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from filters.record import RequestRecord
from gateway.storage.decision_log import sink
from gateway.storage.decision_log.sink import DecisionLog
from tests.support.logged import record
from tests.support.waiting import until

NOT_LOGGED = RequestRecord(at=0, method="GET", path="/v1/models", status=200, duration=0)


class File:
    """A file that keeps what it is given, waits where it is held, and fails when it is told."""

    def __init__(self):
        self.records, self.pruned, self.closed = [], [], 0
        self.error = None
        self.free = threading.Event()
        self.free.set()
        self.opened = 0

    def open(self):
        self.opened += 1
        if self.error:
            raise self.error
        return self

    def append(self, records):
        self.free.wait(10)
        if self.error:
            raise self.error
        self.records += records

    def prune(self, now):
        self.pruned.append(now)

    def close(self):
        self.closed += 1

    def leave(self):
        self.left = True


@pytest.fixture
def file():
    return File()


@asynccontextmanager
async def running(log):
    lifespan = log.lifespan(web.Application())
    await anext(lifespan)
    yield
    assert [one async for one in lifespan] == []


async def test_records_are_written_soon_and_the_last_of_them_at_the_end(file):
    log = DecisionLog(file, write_seconds=0.005)
    async with running(log):
        log.emit(record(1.0))
        await until(lambda: len(file.records) == 1)
        log.emit(record(2.0))
        log.emit(NOT_LOGGED)
    assert [each.at for each in file.records] == [1.0, 2.0]
    assert (log.written, log.dropped, file.closed, file.left) == (2, 0, 1, True)
    assert len(file.pruned) == 1


async def test_a_disk_that_stands_still_holds_up_nobody_and_what_it_costs_is_counted(file):
    log = DecisionLog(file, max_queued=10, write_seconds=0.001)
    file.free.clear()
    async with running(log):
        log.emit(record())
        await until(lambda: not log._queue)
        for _ in range(15):
            log.emit(record())
        assert (log.dropped, log.overflowed) == (5, 5)
        file.free.set()
    assert len(file.records) == 11


async def test_a_disk_that_is_full_costs_records_until_it_takes_them_again(file, monkeypatch):
    monkeypatch.setattr(sink, "RETRY_SECONDS", 0.0)
    with capture_logs() as logs:
        log = DecisionLog(file, write_seconds=0.001)
        async with running(log):
            file.error = sqlite3.OperationalError("database or disk is full")
            for number in range(3):
                log.emit(record())
                await until(lambda: log.failed == number + 1)  # noqa: B023 - awaited here
            file.error = None
            log.emit(record())
            await until(lambda: log.written == 1)
    assert (log.failed, log.dropped) == (3, 3)
    assert [line["event"] for line in logs] == ["decision_log_failed", "decision_log_resumed"]
    assert "disk is full" in logs[0]["error"]


async def test_a_log_that_cannot_be_opened_is_not_tried_with_every_record(file):
    file.error = PermissionError("no")
    log = DecisionLog(file, write_seconds=0.001)
    async with running(log):
        for number in range(3):
            log.emit(record())
            await until(lambda: log.failed == number + 1)  # noqa: B023
    assert file.opened == 1


async def test_a_file_that_cannot_be_closed_is_given_up_all_the_same(file, monkeypatch):
    def close():
        raise sqlite3.OperationalError

    file.close = close
    monkeypatch.setattr(sink, "RETRY_SECONDS", 0.0)
    log = DecisionLog(file, write_seconds=0.001)
    async with running(log):
        log.emit(record())
        await until(lambda: log.written == 1)
        file.error = OSError(28, "no space")
        log.emit(record())
        await until(lambda: log.failed == 1)
        file.close, file.error = (lambda: None), None
        log.emit(record())
        await until(lambda: log.written == 2)
