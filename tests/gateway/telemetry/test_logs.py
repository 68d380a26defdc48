import asyncio
import io
import logging

import orjson
import pytest
import structlog

from gateway.telemetry.logs import FLUSH_BYTES, FLUSH_SECONDS, configure_logging

SECRET = "a prompt that must not be seen"


@pytest.fixture
def stream():
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    yield io.TextIOWrapper(io.BytesIO(), write_through=True)
    structlog.reset_defaults()
    root.handlers[:] = before


def written(stream):
    return stream.buffer.getvalue().decode()


def test_where_nobody_is_watching_a_line_is_json(stream):
    configure_logging(stream=stream)
    structlog.get_logger().info("request", status=200)
    line = orjson.loads(written(stream))
    assert (line["event"], line["status"], line["level"]) == ("request", 200, "info")
    assert line["timestamp"].endswith("Z")


def test_on_a_terminal_a_line_is_for_people(stream):
    configure_logging(stream=stream, json=False)
    structlog.get_logger().info("request", status=200)
    assert "status=200" in written(stream)


def test_what_is_below_the_level_is_not_written(stream):
    configure_logging("warning", stream)
    structlog.get_logger().info("request")
    assert written(stream) == ""


def test_a_librarys_warning_is_told_without_its_values(stream):
    configure_logging(stream=stream)
    logging.getLogger("aiohttp.server").error(f"Error handling %s\nfuture: {SECRET}", SECRET)  # noqa: G004 - as some do
    logging.getLogger("asyncio").error("Task failed", exc_info=ValueError(SECRET))
    assert SECRET not in written(stream)
    first, second = map(orjson.loads, written(stream).splitlines())
    assert (first["logger"], first["template"]) == ("aiohttp.server", "Error handling %s")
    assert second["error"] == "ValueError"


async def test_on_an_event_loop_lines_go_out_together_a_moment_later(stream):
    configure_logging(stream=stream)
    for number in range(3):
        structlog.get_logger().info("request", number=number)
    assert written(stream) == ""
    await asyncio.sleep(FLUSH_SECONDS * 2)
    assert len(written(stream).splitlines()) == 3


async def test_many_lines_do_not_wait(stream):
    configure_logging(stream=stream)
    structlog.get_logger().info("x" * FLUSH_BYTES)
    assert written(stream)


async def test_the_last_lines_are_written_at_the_end(stream):
    lines = configure_logging(stream=stream)
    structlog.get_logger().info("last")
    lines.close()
    assert "last" in written(stream)
    lines.close()
    assert len(written(stream).splitlines()) == 1
