import io
import logging

import orjson
import pytest
import structlog

from gateway.observability.logs import configure_logging

SECRET = "a prompt that must not be seen"


@pytest.fixture
def stream():
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    yield io.StringIO()
    structlog.reset_defaults()
    root.handlers[:] = before


def test_where_nobody_is_watching_a_line_is_json(stream):
    configure_logging(stream=stream)
    structlog.get_logger().info("request", status=200)
    line = orjson.loads(stream.getvalue())
    assert (line["event"], line["status"], line["level"]) == ("request", 200, "info")
    assert line["timestamp"].endswith("Z")


def test_on_a_terminal_a_line_is_for_people(stream):
    configure_logging(stream=stream, json=False)
    structlog.get_logger().info("request", status=200)
    assert "status=200" in stream.getvalue()


def test_what_is_below_the_level_is_not_written(stream):
    configure_logging("warning", stream)
    structlog.get_logger().info("request")
    assert stream.getvalue() == ""


def test_a_librarys_warning_is_told_without_its_values(stream):
    configure_logging(stream=stream)
    logging.getLogger("aiohttp.server").error("Error handling %s\nfuture: " + SECRET, SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("asyncio").exception("Task failed")
    assert SECRET not in stream.getvalue()
    first, second = map(orjson.loads, stream.getvalue().splitlines())
    assert (first["logger"], first["template"]) == ("aiohttp.server", "Error handling %s")
    assert second["error"] == "ValueError"
