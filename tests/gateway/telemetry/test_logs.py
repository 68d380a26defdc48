import io
import logging
import os
import sys
from select import PIPE_BUF

import orjson
import pytest
import structlog

from gateway.telemetry.logs import LOG_LEVEL, Common, configure_logging, dropped_lines, info_writer
from tests.support.waiting import wait_until

SECRET = "a prompt that must not be seen"


@pytest.fixture
def stream():
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    yield io.TextIOWrapper(io.BytesIO(), write_through=True)
    structlog.reset_defaults()
    root.handlers[:] = before


def written(stream, log=None):
    if log:
        log.close()
    return stream.buffer.getvalue().decode()


def test_where_nobody_is_watching_a_line_is_json(stream):
    log = configure_logging(stream=stream)
    structlog.get_logger().info("request", status=200)
    line = orjson.loads(written(stream, log))
    assert (line["event"], line["status"], line["level"]) == ("request", 200, "info")
    assert line["timestamp"].endswith("Z")


def test_on_a_terminal_a_line_is_for_people(stream):
    log = configure_logging(stream=stream, json=False)
    structlog.get_logger().info("request", status=200)
    assert "status=200" in written(stream, log)


def test_what_is_below_the_level_is_not_written(stream):
    log = configure_logging("warning", stream)
    structlog.get_logger().info("request")
    assert written(stream, log) == ""


def test_a_librarys_warning_is_told_without_its_values(stream):
    log = configure_logging(stream=stream)
    logging.getLogger("aiohttp.server").error(f"Error handling %s\nfuture: {SECRET}", SECRET)  # noqa: G004 - as some do
    logging.getLogger("asyncio").error("Task failed", exc_info=ValueError(SECRET))
    assert SECRET not in written(stream, log)
    first, second = map(orjson.loads, written(stream).splitlines())
    assert (first["logger"], first["template"]) == ("aiohttp.server", "Error handling %s")
    assert second["error"] == "ValueError"


def test_control_characters_of_a_caller_do_not_reach_a_terminal(stream):
    for json in (False, True):
        log = configure_logging(stream=stream, json=json)
        structlog.get_logger().info("request", path="/\x1b[2J\x07\x9b31m\x7f\r\nforged", route="Zürich")
        log.close()
        structlog.reset_defaults()
    lines = written(stream)
    assert lines.count("\n") == 2
    assert lines.replace("\n", "").isprintable()
    assert lines.count("Zürich") == 2
    assert orjson.loads(lines.splitlines()[1])["path"] == "/\x1b[2J\x07\x9b31m\x7f\r\nforged"


@pytest.mark.parametrize("json", [True, False])
def test_lines_that_could_not_be_written_are_told_of(json):
    file = Stubborn()
    log = configure_logging(stream=io.TextIOWrapper(file), json=json)
    structlog.get_logger().info("lost")
    wait_until(lambda: log.dropped)
    file.stubborn = False
    structlog.get_logger().info("found")
    log.close()
    structlog.reset_defaults()
    first, second = file.taken.decode().splitlines()
    assert "1" in first
    assert "dropped" in first
    assert "found" in second


class Stubborn(io.BytesIO):
    stubborn = True
    taken = b""

    def write(self, data):
        if self.stubborn:
            raise OSError("no space left")
        self.taken += bytes(data)
        return len(data)


def test_without_a_standard_error_there_is_no_log_and_no_failure(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", None)
    log = configure_logging()
    structlog.get_logger().info("request")
    log.close()
    assert log.dropped == 0


def test_the_last_lines_are_written_at_the_end(stream):
    log = configure_logging(stream=stream)
    structlog.get_logger().info("last")
    log.close()
    assert "last" in written(stream)


def test_dropped_lines_are_counted_for_who_asks(stream):
    assert dropped_lines() == 0
    lines = configure_logging(stream=stream)
    lines.close()
    structlog.get_logger().info("too late")
    assert dropped_lines() == 1


def test_a_line_that_is_written_without_a_logger_is_the_line_of_a_logger(stream):
    log = configure_logging(stream=stream)
    structlog.get_logger().info("request", status=200, path="/\u00e9\x7f")
    info_writer()([(Common({"event": "request", "status": 200}), {"path": "/\u00e9\x7f"}, 1_700_000_000.25)])
    first, second = map(orjson.loads, written(stream, log).splitlines())
    assert {**first, "timestamp": ""} == {**second, "timestamp": ""}
    assert second["timestamp"] == "2023-11-14T22:13:20.250Z"


def test_the_level_counts_without_a_logger_too_and_may_change(stream):
    log = configure_logging("warning", stream)
    write = info_writer()
    write([(Common({"event": "lost"}), {}, 0.0)])
    LOG_LEVEL.set("info")
    write([(Common({"event": "seen"}), {}, 0.0)])
    assert [orjson.loads(line)["event"] for line in written(stream, log).splitlines()] == ["seen"]


def test_lines_for_people_are_those_of_a_logger(stream):
    log = configure_logging(stream=stream, json=False)
    info_writer()([(Common({"event": "told"}), {"status": 200}, 0.0)])
    assert "status=200" in written(stream, log)


def test_what_is_captured_is_what_a_logger_would_say(log_lines):
    info_writer()([(Common({"event": "told"}), {"status": 200}, 0.0)])
    assert log_lines == [{"event": "told", "status": 200, "log_level": "info"}]


def test_only_a_pipe_is_written_to_in_pieces_that_it_takes_whole(monkeypatch, stream, tmp_path):
    pieces = []
    monkeypatch.setattr("gateway.telemetry.logs.LogWriter", lambda *_, piece: pieces.append(piece))
    far, near = os.pipe()
    with os.fdopen(near, "w") as pipe, os.fdopen(far), (tmp_path / "log").open("w") as file:
        for each in (pipe, file, stream):
            configure_logging(stream=each)
    assert pieces[0] == PIPE_BUF
    assert min(pieces[1:]) > 1_000_000
