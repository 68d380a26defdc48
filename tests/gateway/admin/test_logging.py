import io

import pytest
import structlog

from gateway.admin.logging import logging_routes
from gateway.telemetry.logs import LOG_LEVEL, configure_logging
from tests.support.admin import served


@pytest.fixture
def stream():
    yield io.TextIOWrapper(io.BytesIO(), write_through=True)
    structlog.reset_defaults()
    LOG_LEVEL.set("debug")


async def test_the_level_changes_for_loggers_that_are_bound_already(stream):
    lines = configure_logging("warning", stream)
    bound = structlog.get_logger().bind().info
    bound("one")
    async with served(logging_routes()) as client:
        assert await (await client.get("/logging")).json() == {"level": "warning"}
        assert await (await client.post("/logging", params={"level": "info"})).json() == {"level": "info"}
    bound("two")
    lines.close()
    written = stream.buffer.getvalue()
    assert b"two" in written
    assert b"one" not in written


async def test_a_level_that_is_none_is_refused_with_those_that_there_are(stream):
    configure_logging("info", stream)
    async with served(logging_routes()) as client:
        answer = await client.post("/logging", params={"level": "debgu"})
        message = (await answer.json())["error"]["message"]
        assert answer.status == 400
        assert "did you mean 'debug'?; there are debug, info, warning, error" in message
        assert (await client.post("/logging")).status == 400
    assert LOG_LEVEL.name == "info"
