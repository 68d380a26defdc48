import os
import signal
import sqlite3
import subprocess
import sys
import threading

import orjson
import pytest

from gateway.storage.decision_log import writer
from gateway.storage.decision_log.batches import Batches
from gateway.storage.decision_log.entries import SIZE_BYTES
from gateway.storage.decision_log.own_file import Settings
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.schema import LogError
from gateway.storage.decision_log.writer import PRUNE_SECONDS, RETRY_SECONDS, Writer, serve
from tests.support.clock import Clock
from tests.support.logged import record
from tests.support.waiting import wait_until


class File:
    """A file that keeps what it is given, and fails when it is told."""

    def __init__(self):
        self.entries, self.pruned, self.closed, self.opened, self.left = [], [], 0, 0, False
        self.error = self.prune_error = None

    def open(self):
        self.opened += 1
        if self.error:
            raise self.error
        return self

    def append(self, entries):
        if self.error:
            raise self.error
        self.entries += entries

    def prune(self, now):
        self.pruned.append(now)
        if self.prune_error:
            raise self.prune_error

    def close(self):
        self.closed += 1

    def leave(self):
        self.left = True


class Bench:
    """A writer, its file, what it told, and the time that it believes it is."""

    def __init__(self):
        self.file, self.told, self.clock = File(), [], Clock()
        self.batches = Batches()
        self.writer = Writer(self.file, self.told.append, self.clock)

    def counting_appends(self):
        """Return a list to which the number of entries of each transaction is added."""
        counts, append = [], self.file.append

        def counted(entries):
            counts.append(len(entries))
            append(entries)

        self.file.append = counted
        return counts

    def frame(self, count=1):
        return self.batches.frame([record()] * count)

    def write(self, count=1):
        self.writer.write([self.frame(count)[SIZE_BYTES:]])


@pytest.fixture
def bench():
    return Bench()


def test_what_is_written_is_told(bench):
    bench.write(3)
    bench.write(2)
    assert bench.told == [{"written": 3}, {"written": 2}]
    assert (len(bench.file.entries), bench.file.opened) == (5, 1)


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk is full"), OSError(28, "no space"), LogError("99")])
def test_what_cannot_be_written_is_told_with_its_cause_and_the_file_opened_anew_after_a_while(bench, error):
    bench.write()
    bench.file.error = error
    bench.write(2)
    assert bench.told[-1] == {"failed": 2, "error": f"{type(error).__name__}: {error}"}
    assert bench.file.closed == 1
    bench.file.error = None
    bench.write()
    assert bench.told[-1] == {"failed": 1}
    bench.clock.now += RETRY_SECONDS
    bench.write()
    assert bench.told[-1] == {"written": 1}
    assert bench.file.opened == 2


def test_a_log_that_cannot_be_opened_is_not_tried_with_every_frame(bench):
    bench.file.error = PermissionError("no")
    for _ in range(3):
        bench.write()
    assert bench.told == [{"failed": 1, "error": "PermissionError: no"}, {"failed": 1}, {"failed": 1}]
    assert bench.file.opened == 1


def test_a_file_that_cannot_be_closed_is_given_up_all_the_same(bench):
    bench.write()
    bench.file.close = lambda: (_ for _ in ()).throw(sqlite3.OperationalError("no"))
    bench.file.error = OSError(28, "no space")
    bench.write()
    bench.file.error = None
    bench.clock.now += RETRY_SECONDS
    bench.write()
    assert [next(iter(each)) for each in bench.told] == ["written", "failed", "written"]


def test_the_file_is_pruned_at_first_and_then_once_in_a_while(bench):
    bench.writer.prune()
    assert bench.file.pruned == []
    bench.write()
    for _ in range(2):
        bench.writer.prune()
    assert len(bench.file.pruned) == 1
    bench.clock.now += PRUNE_SECONDS
    bench.writer.prune()
    assert len(bench.file.pruned) == 2


def test_a_file_that_cannot_be_pruned_is_told_of(bench):
    bench.write()
    bench.file.prune_error = sqlite3.OperationalError("database is locked")
    bench.writer.prune()
    assert bench.told[-1] == {"failed": 0, "error": "OperationalError: database is locked"}


def test_frames_that_come_together_are_written_together_until_their_source_ends(bench, monkeypatch):
    monkeypatch.setattr(writer, "GATHER_SECONDS", 0.0)
    appended = bench.counting_appends()
    source, end = os.pipe()
    os.write(end, bench.frame() + bench.frame(2))
    os.close(end)
    serve(source, bench.writer)
    os.close(source)
    assert bench.told == [{"written": 3}]
    assert appended == [3]


def test_frames_do_not_wait_for_long(bench, monkeypatch):
    monkeypatch.setattr(writer, "GATHER_SECONDS", 0.01)
    source, end = os.pipe()
    os.write(end, bench.frame(2))
    serving = threading.Thread(target=serve, args=(source, bench.writer))
    serving.start()
    wait_until(lambda: bench.told == [{"written": 2}])
    os.write(end, bench.frame())
    wait_until(lambda: bench.told == [{"written": 2}, {"written": 1}])
    os.close(end)
    serving.join()
    os.close(source)


def test_frames_are_written_until_their_source_ends_and_one_that_was_cut_off_is_not(bench, monkeypatch):
    monkeypatch.setattr(writer, "GATHER_SECONDS", 0.0)
    source, end = os.pipe()
    frames = [bench.frame(), bench.frame(2), bench.frame(4)]
    os.write(end, b"".join(frames)[:-3])
    os.close(end)
    serve(source, bench.writer)
    os.close(source)
    assert bench.told == [{"written": 3}]
    assert (bench.file.closed, bench.file.left) == (1, True)


def test_a_source_that_ends_within_the_length_of_a_frame_has_ended(bench):
    source, end = os.pipe()
    os.write(end, b"\0\0")
    os.close(end)
    serve(source, bench.writer)
    os.close(source)
    assert bench.told == []


def test_a_frame_is_larger_than_a_pipe(bench):
    source, end = os.pipe()
    frame = bench.frame(1000)
    assert len(frame) > 65_536

    def send():
        sent = 0
        while sent < len(frame):
            sent += os.write(end, frame[sent:])
        os.close(end)

    sender = threading.Thread(target=send)
    sender.start()
    serve(source, bench.writer)
    sender.join()
    os.close(source)
    assert bench.told == [{"written": 1000}]


def test_a_log_is_pruned_where_nothing_comes(bench, monkeypatch):
    monkeypatch.setattr(writer, "PRUNE_SECONDS", 0.0)
    source, end = os.pipe()
    pruned = bench.file.prune

    def prune(now):
        pruned(now)
        if len(bench.file.pruned) == 3:
            os.close(end)

    bench.file.prune = prune
    monkeypatch.setattr(writer, "GATHER_SECONDS", 0.0)
    os.write(end, bench.frame())
    serve(source, bench.writer)
    os.close(source)
    assert len(bench.file.pruned) == 4  # the end is a look at it, too


@pytest.fixture
def started(tmp_path):
    """The process itself, which writes to the folder `log`."""
    settings = orjson.dumps(list(Settings("sqlite", str(tmp_path / "log"), 1e9, 10_000_000))).decode()
    process = subprocess.Popen(
        [sys.executable, "-m", writer.__name__, settings], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    yield process
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        pipe.close()


def test_the_process_outlives_the_signals_that_end_the_gateway_and_writes_what_it_still_sends(started, tmp_path, bench):
    started.stdin.write(bench.frame(3))
    started.stdin.flush()
    assert orjson.loads(started.stdout.readline()) == {"written": 3}
    for each in (signal.SIGINT, signal.SIGTERM):
        started.send_signal(each)
    told, _ = started.communicate(bench.frame(2))
    assert (orjson.loads(told), started.returncode) == ({"written": 2}, 0)
    with Log(tmp_path / "log") as log:
        assert [row["count(*)"] for row in log.rows("SELECT count(*) FROM requests")] == [5]


def test_the_process_writes_what_is_in_the_pipe_where_nobody_hears_it_any_more(started, tmp_path, bench):
    started.stdout.close()
    for _ in range(3):
        started.stdin.write(bench.frame())
    started.stdin.close()
    assert started.wait(20) == 0
    with Log(tmp_path / "log") as log:
        assert [row["count(*)"] for row in log.rows("SELECT count(*) FROM requests")] == [3]


def test_the_process_tells_of_a_broken_file_that_it_set_aside(tmp_path, started, bench):
    started.communicate(bench.frame())
    (path,) = (tmp_path / "log").glob("*.db")
    path.write_bytes(b"this is no database" * 100)
    done = subprocess.run(started.args, input=Bench().frame(), stdout=subprocess.PIPE, check=True)
    aside, written = map(orjson.loads, done.stdout.splitlines())
    assert ".db.broken-" in aside["set_aside"]
    assert written == {"written": 1}


def test_the_process_needs_none_of_the_large_packages():
    heavy = "{'numpy', 'aiohttp', 'pydantic', 'structlog'}"
    code = f"import sys, {writer.__name__}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout == b"[]\n"
