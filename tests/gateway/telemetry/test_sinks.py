import asyncio
from contextlib import asynccontextmanager

import pytest

from filters.record import RequestRecord
from gateway.telemetry import sinks as module
from gateway.telemetry.sinks import Sinks

RECORD = RequestRecord(at=0.0, method="GET", path="/", status=200, duration=0.0)


class Kept(list):
    def emit(self, records):
        self.extend(records)


class Broken:
    def emit(self, records):
        raise ValueError(records[0].path)


def test_every_sink_gets_the_record():
    one, other = Kept(), Kept()
    Sinks((one, other)).emit(RECORD)
    assert one == other == [RECORD]


def test_one_that_fails_is_logged_once_and_keeps_nothing_from_the_others(log_lines):
    kept = Kept()
    sinks = Sinks((Broken(), kept))
    sinks.emit(RECORD)
    sinks.emit(RECORD)
    assert kept == [RECORD, RECORD]
    assert log_lines == [{"event": "sink_failed", "log_level": "error", "sink": "Broken", "error": "ValueError"}]


class Queued(Kept):
    dropped = 3


def test_what_sinks_drop_and_how_often_they_fail_is_told():
    sinks = Sinks((Queued(), Broken(), Kept()))
    assert (sinks.dropped, sinks.failed) == ({"Queued": 3}, {})
    sinks.emit(RECORD)
    sinks.emit(RECORD)
    assert sinks.failed == {"Broken": 2}


def test_a_sink_may_come_and_go():
    sinks, kept = Sinks(()), Kept()
    sinks.add(kept)
    sinks.emit(RECORD)
    sinks.remove(kept)
    sinks.emit(RECORD)
    assert kept == [RECORD]


@pytest.fixture(autouse=True)
def _three_at_once(monkeypatch):
    monkeypatch.setattr(module, "MAX_RECORDS", 3)
    monkeypatch.setattr(module, "GATHER_SECONDS", 1000.0)


@asynccontextmanager
async def running(sinks):
    """Run the sinks as an application does."""
    lifespan = sinks.lifespan(None)
    await anext(lifespan)
    yield
    assert await anext(lifespan, None) is None


async def test_records_wait_for_others_and_are_given_together():
    kept = Kept()
    sinks = Sinks((kept,))
    async with running(sinks):
        sinks.emit(RECORD)
        sinks.emit(RECORD)
        assert kept == []
        sinks.emit(RECORD)
        assert kept == [RECORD] * 3
        sinks.emit(RECORD)
        assert kept == [RECORD] * 3


async def test_a_sink_gets_all_that_waits_before_the_next_sink_does():
    order = []

    class Named:
        def __init__(self, name):
            self.name = name

        def emit(self, _):
            order.append(self.name)

    sinks = Sinks((Named("a"), Named("b")))
    async with running(sinks):
        for _ in range(3):
            sinks.emit(RECORD)
    assert order == ["a", "b"]


async def test_a_record_without_others_does_not_wait_for_long_and_neither_does_the_next(monkeypatch):
    monkeypatch.setattr(module, "GATHER_SECONDS", 0.0)
    given = asyncio.Queue()

    class Hands:
        def emit(self, records):
            given.put_nowait(records)

    sinks = Sinks((Hands(),))
    async with running(sinks):
        for _ in range(2):
            sinks.emit(RECORD)
            assert given.empty()
            assert await given.get() == [RECORD]


async def test_who_flushes_sees_what_waited_once():
    kept = Kept()
    sinks = Sinks((kept,))
    async with running(sinks):
        sinks.emit(RECORD)
        sinks.flush()
        sinks.flush()
        assert kept == [RECORD]


async def test_the_end_loses_nothing_and_what_comes_after_it_is_given_at_once():
    kept = Kept()
    sinks = Sinks((kept,))
    async with running(sinks):
        sinks.emit(RECORD)
    assert kept == [RECORD]
    sinks.emit(RECORD)
    assert kept == [RECORD] * 2


async def test_they_gather_again_where_another_application_runs():
    sinks = Sinks((Kept(),))
    async with running(sinks):
        sinks.emit(RECORD)
    kept = Kept()
    sinks.add(kept)
    async with running(sinks):
        sinks.emit(RECORD)
        assert kept == []
    assert kept == [RECORD]


async def test_a_sink_gets_no_record_of_before_it_came_and_all_of_before_it_goes():
    early, late = Kept(), Kept()
    sinks = Sinks((early,))
    async with running(sinks):
        sinks.emit(RECORD)
        sinks.add(late)
        assert (early, late) == ([RECORD], [])
        sinks.emit(RECORD)
        sinks.remove(late)
        assert late == [RECORD]


async def test_one_failure_keeps_nothing_that_comes_later_from_the_same_sink(log_lines):
    class Picky(Kept):
        def emit(self, records):
            if not self:
                self.append(None)
                raise ValueError
            self.extend(records)

    picky = Picky()
    sinks = Sinks((picky,))
    async with running(sinks):
        sinks.emit(RECORD)
        sinks.flush()
        sinks.emit(RECORD)
    assert picky == [None, RECORD]
    assert sinks.failed == {"Picky": 1}
    assert [line["event"] for line in log_lines] == ["sink_failed"]
