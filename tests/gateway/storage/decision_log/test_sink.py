import asyncio
import sys
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
FRAMES = """
import json, os, sys, time
from pathlib import Path
from gateway.storage.decision_log.entries import Unpacker
folder, unpacker = Path(sys.argv[1]), Unpacker(4)
def tell(**what):
    print(json.dumps(what), flush=True)
def frames():
    while size := sys.stdin.buffer.read(4):
        yield unpacker.entries(sys.stdin.buffer.read(int.from_bytes(size)))
"""
KEEPS = (
    FRAMES
    + """
for entries in frames():
    with (folder / "kept").open("a") as file:
        file.writelines(f"{each.values[1]}\\n" for each in entries)
    tell(written=len(entries))
"""
)
STANDS_STILL = FRAMES + "while not (folder / 'free').exists(): time.sleep(0.005)\n" + KEEPS[len(FRAMES) :]
ENDS_ONCE = FRAMES + "if not (folder / 'kept').exists():\n    next(frames())\n    sys.exit(3)\n" + KEEPS[len(FRAMES) :]
FAILS = (
    FRAMES
    + """
for number, entries in enumerate(frames()):
    if number < 3:
        tell(failed=len(entries), **({} if number else {"error": "OperationalError: database or disk is full"}))
    else:
        tell(written=len(entries))
"""
)
TELLS_OF_A_BROKEN_FILE = "tell(set_aside='a.db.broken-1')\n"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(sink, "RETRY_SECONDS", 0.01)


@pytest.fixture
def log(tmp_path):
    """Make the sink of a writing process that does what a script says."""

    def log(script=KEEPS, max_queued=sink.MAX_QUEUED):
        (tmp_path / "kept").unlink(missing_ok=True)
        return DecisionLog((sys.executable, "-c", script, str(tmp_path)), max_queued)

    return log


@pytest.fixture
def kept(tmp_path):
    return lambda: [float(line) for line in (tmp_path / "kept").read_text().splitlines()]


@asynccontextmanager
async def running(log):
    lifespan = log.lifespan(web.Application())
    await anext(lifespan)
    yield
    assert [one async for one in lifespan] == []


async def test_records_are_written_soon_and_the_last_of_them_at_the_end(log, kept):
    log = log()
    async with running(log):
        log.emit([record(1.0)])
        await until(lambda: log.written == 1)
        log.emit([record(2.0)])
        log.emit([NOT_LOGGED])
    assert kept() == [1.0, 2.0]
    assert (log.written, log.dropped) == (2, 0)


async def test_records_come_in_their_order_however_many_they_are(log, kept):
    log = log()
    async with running(log):
        for number in range(1000):
            log.emit([record(float(number))])
    assert kept() == [float(number) for number in range(1000)]
    assert (log.written, log.dropped) == (1000, 0)


async def test_a_writer_that_stands_still_holds_up_nobody_and_what_it_costs_is_counted(log, kept, tmp_path):
    log = log(STANDS_STILL, max_queued=400)
    async with running(log):
        for _ in range(200):
            for _ in range(20):
                log.emit([record()])
            await asyncio.sleep(0)
        assert log.written == 0
        assert 0 < log.dropped == log.overflowed <= 3600
        (tmp_path / "free").touch()
    assert log.written + log.dropped == 4000
    assert len(kept()) == log.written


@pytest.fixture
def started(monkeypatch):
    """The processes that were started, which a test must wait for that lets one outlive its sink."""
    processes, start = [], asyncio.create_subprocess_exec

    async def starting(*command, **options):
        processes.append(await start(*command, **options))
        return processes[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", starting)
    return processes


async def test_what_is_not_written_in_time_at_the_end_is_counted(log, monkeypatch, tmp_path, started):
    monkeypatch.setattr(sink, "_LAST_SECONDS", 0.1)
    log = log(STANDS_STILL)
    with capture_logs() as logs:
        async with running(log):
            for _ in range(3000):
                log.emit([record()])
    (tmp_path / "free").touch()  # so that the process ends
    [process] = started
    await process.stdout.read()
    assert await process.wait() == 0
    assert (log.written, log.failed) == (0, 3000)
    assert [line["event"] for line in logs] == ["decision_log_failed"]


async def test_a_disk_that_is_full_costs_records_until_it_takes_them_again(log):
    with capture_logs() as logs:
        log = log(FAILS)
        async with running(log):
            for number in range(3):
                log.emit([record()])
                await until(lambda: log.failed == number + 1)  # noqa: B023 - awaited here
            log.emit([record()])
            await until(lambda: log.written == 1)
    assert (log.failed, log.dropped) == (3, 3)
    assert [line["event"] for line in logs] == ["decision_log_failed", "decision_log_resumed"]
    assert "disk is full" in logs[0]["error"]


async def test_a_writer_that_ends_is_started_again_and_what_it_had_not_written_is_counted(log, kept, tmp_path):
    with capture_logs() as logs:
        log = log(ENDS_ONCE)
        async with running(log):
            log.emit([record(1.0)])
            await until(lambda: log.failed == 1)
            (tmp_path / "kept").touch()
            log.emit([record(2.0)])
            await until(lambda: log.written == 1)
    assert kept() == [2.0]
    assert [line["event"] for line in logs] == ["decision_log_failed", "decision_log_resumed"]
    assert logs[0]["error"] == "the writing process ended with status 3"


async def test_a_writer_that_cannot_be_started_stops_nothing(tmp_path):
    log = DecisionLog((str(tmp_path / "nothing"),))
    with capture_logs() as logs:
        async with running(log):
            log.emit([record()])
            await asyncio.sleep(0.05)
    assert (log.written, log.failed) == (0, 1)
    assert [line["event"] for line in logs] == ["decision_log_failed"]
    assert "cannot be started" in logs[0]["error"]


async def test_a_record_that_cannot_be_packed_is_counted_and_ends_nothing(log, kept):
    with capture_logs() as logs:
        log = log()
        async with running(log):
            log.emit([record(1.0, caller=object())])
            await until(lambda: log.failed == 1)
            log.emit([record(2.0)])
            await until(lambda: log.written == 1)
    assert kept() == [2.0]
    assert logs[0]["error"] == "records cannot be packed: ValueError"


async def test_a_broken_file_that_was_set_aside_is_told_of(log):
    with capture_logs() as logs:
        log = log(FRAMES + TELLS_OF_A_BROKEN_FILE + KEEPS[len(FRAMES) :])
        async with running(log):
            log.emit([record()])
            await until(lambda: log.written == 1)
    assert [(line["event"], line["moved_to"]) for line in logs] == [("decision_log_broken", "a.db.broken-1")]
