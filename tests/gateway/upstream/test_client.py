import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.upstream.client import UpstreamClient


@pytest.fixture
async def server():
    async def handler(request):
        return web.json_response(
            {"headers": dict(request.headers), "from": request.transport.get_extra_info("peername")[1]},
            headers={"set-cookie": "a=b"},
        )

    app = web.Application()
    app.router.add_get("/", handler)
    async with TestServer(app, host="127.0.0.1") as started:
        yield f"http://127.0.0.1:{started.port}/"


async def fetch(session, url):
    async with session.get(url) as answer:
        return await answer.json()


async def test_the_session_lives_as_long_as_the_application():
    client = UpstreamClient()
    with pytest.raises(RuntimeError):
        client.session()
    async for _ in client.lifespan(web.Application()):
        session = client.session()
        assert not session.closed
    assert session.closed
    with pytest.raises(RuntimeError):
        client.session()


async def test_connections_are_kept_and_nothing_of_one_caller_is_carried_to_another(server):
    client = UpstreamClient()
    async for _ in client.lifespan(web.Application()):
        first, second = await fetch(client.session(), server), await fetch(client.session(), server)
    assert first["from"] == second["from"]
    assert "Cookie" not in second["headers"]
    assert "User-Agent" not in second["headers"]


async def test_there_is_no_limit_of_connections_and_no_total_timeout(server):
    client = UpstreamClient()
    async for _ in client.lifespan(web.Application()):
        assert client.session().timeout.total is None
        answers = await asyncio.gather(*(fetch(client.session(), server) for _ in range(150)))
    assert len({answer["from"] for answer in answers}) > aiohttp.TCPConnector.__init__.__kwdefaults__["limit"]
