import socket

import aiohttp
import pytest
from aiohttp import web

from filters.errors import ConfigError
from gateway.admin.listener import AdminListener
from gateway.version import VERSION
from tests.support.gateway import CODE, config_text, load, running


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def get(port, path, method="GET"):
    async with aiohttp.ClientSession() as session, session.request(method, f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.json() if answer.content_type == "application/json" else None


async def test_an_operator_sees_the_running_state_and_no_secret(tmp_path, free_port):
    provider = {"model": "openai/gpt", "access_key": "sk-secret", "base_url": "http://127.0.0.1:9"}
    text = config_text([provider], ("openai/gpt",), admin=f"{{port: {free_port}}}")
    async with running(load(tmp_path, text)) as gateway:
        body = {"messages": [{"role": "user", "content": CODE}]}
        await gateway.post("/routing/v1/chat/completions", body, {"X-Session-Id": "s"})
        assert await get(free_port, "/healthz") == (200, {"status": "ok", "version": VERSION})
        status, stats = await get(free_port, "/stats")
        assert (status, stats["pins"], stats["ejected"]) == (200, {"entries": 1}, {})
        status, shown = await get(free_port, "/config")
        assert status == 200
        assert shown["routing_preferences"][0]["name"] == "code_generation"
        assert "sk-secret" not in str(shown)
        assert (await get(free_port, "/config", "POST"))[0] == 405


async def test_callers_cannot_reach_it(tmp_path, free_port):
    text = config_text([{"model": "openai/gpt"}], admin=f"{{port: {free_port}}}")
    async with running(load(tmp_path, text)) as gateway, gateway.session.get(gateway.url + "/config") as answer:
        assert answer.status == 404


async def test_it_ends_with_the_application(free_port):
    lifespan = AdminListener(web.Application(), ("127.0.0.1", free_port)).lifespan(None)
    await anext(lifespan)
    assert (await get(free_port, "/"))[0] == 404
    with pytest.raises(StopAsyncIteration):
        await anext(lifespan)
    with pytest.raises(aiohttp.ClientConnectorError):
        await get(free_port, "/")


async def test_a_port_that_is_taken_is_an_error_at_start(free_port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        with pytest.raises(ConfigError, match=r"cannot be listened on: Address already in use$"):
            await anext(AdminListener(web.Application(), ("127.0.0.1", free_port)).lifespan(None))
