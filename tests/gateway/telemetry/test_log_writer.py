"""Lines on real pipes and files, whatever those do."""

import io
import os
import re
import threading

import pytest

from gateway.telemetry.log_writer import LogWriter
from tests.support.waiting import wait_until

LINE = b"x" * 999 + b"\n"


def report(count):
    return b"dropped %d\n" % count


@pytest.fixture
def pipe():
    """A pipe whose far end is read when the test wants: what it takes is about 64 KiB."""
    read, write = os.pipe()
    with io.FileIO(read) as far, io.FileIO(write, "w") as near:
        yield far, near


def test_lines_come_out_in_their_order(pipe):
    far, near = pipe
    log = LogWriter(near, report)
    for number in range(100):
        log.write(b"%d\n" % number)
    log.close()
    assert far.read(65_536).split() == [b"%d" % number for number in range(100)]
    assert log.dropped == 0


def test_lines_come_out_without_being_asked_for(pipe):
    far, near = pipe
    log = LogWriter(near, report)
    log.info(b"first\n")
    assert far.read(100) == b"first\n"
    log.error(b"second\n")
    assert far.read(100) == b"second\n"
    log.close()


def test_a_pipe_that_nobody_reads_holds_up_nobody_and_what_waits_is_bounded(pipe):
    far, near = pipe
    log = LogWriter(near, report, max_bytes=200_000)
    for _ in range(10_000):
        log.write(LINE)
    assert log.dropped >= 9_800
    log.close()

    read = bytearray()
    while len(read) < 1000 * (10_000 - log.dropped):
        read += far.read(65_536)
    assert set(bytes(read).split()) <= {LINE.strip(), *report(log.dropped).split()}


def test_once_it_is_read_again_it_says_how_many_lines_are_missing(pipe):
    far, near = pipe
    log = LogWriter(near, report, max_bytes=200_000)
    for _ in range(1000):
        log.write(LINE)
    dropped, read = log.dropped, bytearray()
    while b"again" not in read:
        read += far.read(65_536)
        log.write(b"again\n")
    assert dropped > 0
    assert sum(map(int, re.findall(rb"dropped (\d+)", read))) in range(dropped, log.dropped + 1)
    assert read.count(LINE) == 1000 - dropped
    log.close()


def test_the_lines_of_several_writers_on_one_full_pipe_stay_whole(pipe):
    far, near = pipe
    logs = [LogWriter(near, report) for _ in range(3)]
    lines = [bytes([letter]) * length + b"\n" for letter in b"abc" for length in (1, 700, 4000)]
    for _ in range(50):
        for number, line in enumerate(lines):
            logs[number // 3].write(line)
    read = bytearray()
    while len(read) < 50 * sum(map(len, lines)):
        read += far.read(1000)
    for log in logs:
        log.close()
    assert sorted(bytes(read).splitlines(keepends=True)) == sorted(lines * 50)


def test_a_line_that_is_longer_than_a_pipe_takes_at_once_comes_out_alone(pipe):
    far, near = pipe
    log, long = LogWriter(near, report), b"l" * 9000 + b"\n"
    for line in (b"before\n", long, b"after\n"):
        log.write(line)
    log.close()
    assert far.read(65_536) == b"before\n" + long + b"after\n"


def test_a_pipe_that_was_closed_and_a_full_disk_lose_lines_and_nothing_else(pipe):
    far, near = pipe
    far.close()
    with io.FileIO("/dev/full", "w") as full:
        for file in (near, full):
            log = LogWriter(file, report)
            log.write(LINE)
            wait_until(lambda log=log: log.dropped == 1)
            log.write(LINE)
            log.close()
            assert log.dropped == 2


def test_a_file_that_would_block_is_tried_again(pipe):
    far, near = pipe
    os.set_blocking(near.fileno(), False)
    log = LogWriter(near, report)
    for _ in range(200):
        log.write(LINE)
    read = bytearray()
    while len(read) < 200 * 1000:
        read += far.read(65_536)
    log.close()
    assert log.dropped == 0


def test_after_the_end_lines_are_dropped_and_the_thread_is_gone(pipe):
    log = LogWriter(pipe[1], report)
    log.write(LINE)
    log.close()
    log.write(LINE)
    log.close()
    assert log.dropped == 1
    assert log._thread not in threading.enumerate()


def test_a_writer_that_was_never_used_starts_no_thread(pipe):
    before = threading.enumerate()
    LogWriter(pipe[1], report).close()
    assert threading.enumerate() == before


def test_a_file_that_nobody_shares_gets_all_that_has_gathered_at_once():
    class File:
        def __init__(self):
            self.writes = []

        def write(self, data):
            self.writes.append(bytes(data))
            return len(data)

    file = File()
    log = LogWriter(file, report, piece=1_000_000)
    for _ in range(100):
        log.write(LINE)
    log.close()
    assert b"".join(file.writes) == LINE * 100
    assert len(file.writes) <= 2


@pytest.mark.parametrize("piece", [10, 100, 4096, 1_000_000])
def test_lines_that_are_given_together_come_out_as_if_they_were_given_one_by_one(piece):
    pieces = []

    class File:
        def write(self, data):
            pieces.append(bytes(data))
            return len(data)

    lines = [b"%d" % 7**number + b"\n" for number in range(60)]
    log = LogWriter(File(), report, piece=piece)
    log.write(b"first\n")
    log.write_all(lines)
    log.write(b"last\n")
    log.close()
    assert b"".join(pieces) == b"".join([b"first\n", *lines, b"last\n"])
    assert all(len(each) <= piece or each.count(b"\n") == 1 for each in pieces)
    assert all(each.endswith(b"\n") for each in pieces)


def test_lines_that_are_given_together_are_dropped_together_and_each_is_counted(pipe):
    _, near = pipe
    log = LogWriter(near, report, max_bytes=2 * len(LINE))
    log.write_all([LINE] * 3)
    assert log.dropped == 3
    log.close()
    log.write_all([LINE] * 2)
    assert log.dropped == 5


def test_lines_that_were_given_together_and_cannot_be_written_are_all_counted():
    with io.FileIO("/dev/full", "w") as full:
        log = LogWriter(full, report)
        log.write_all([LINE] * 40)
        log.close()
        assert log.dropped == 40
