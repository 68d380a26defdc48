import asyncio
import os
import signal
import sys

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from devtools import demo_page
from devtools.demo_page import PATHS, PROMPTS, ask, body, headers, main, ready
from tests.support.waiting import until


@pytest.fixture
async def gateway():
    """A server that notes what it is asked, and is ready at the second look."""
    asked, looks = [], []

    async def serve(request):
        if request.path == "/readyz":
            looks.append(request.path)
            return web.Response(status=503 if len(looks) == 1 else 200)
        asked.append((request.path, await request.json()))
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serve)
    async with TestServer(app, host="127.0.0.1") as server:
        server.asked = asked
        yield server


async def test_it_asks_once_the_gateway_is_ready_and_until_it_is_cancelled(gateway, capsys):
    asking = asyncio.create_task(ask(f"http://127.0.0.1:{gateway.port}", "http://127.0.0.1:9901/", pause=0.001))
    async with asyncio.timeout(20):
        while len(gateway.asked) < 20:  # noqa: ASYNC110 - a server is waited for
            await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert "The page is at http://127.0.0.1:9901/" in capsys.readouterr().err
    assert {path for path, _ in gateway.asked} <= set(PATHS)
    assert {said["messages"][0]["content"] for _, said in gateway.asked} <= set(PROMPTS)


async def test_the_first_requests_come_quickly(gateway, monkeypatch):
    monkeypatch.setattr(demo_page, "_QUICK", 5)
    monkeypatch.setattr(demo_page, "_QUICKER", 1e9)
    asking = asyncio.create_task(ask(f"http://127.0.0.1:{gateway.port}", "", pause=1e6))
    await until(lambda: len(gateway.asked) == 5)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


def test_some_requests_belong_to_sessions():
    ids = {headers().get("X-Session-Id") for _ in range(500)}
    assert ids == {None, *(f"demo-{number}" for number in range(5))}
    assert {body()["stream"] for _ in range(100)} == {True, False}


async def test_it_ends_with_the_gateway_and_its_exit_code(gateway):
    url = f"http://127.0.0.1:{gateway.port}"
    program = [sys.executable, "-c", "import sys; sys.exit(3)"]
    assert await main(url, "http://127.0.0.1:9901/", program) == 3


async def test_it_waits_for_a_gateway_that_does_not_listen_yet(unused_tcp_port):
    async def serve(_):
        return web.Response()

    app = web.Application()
    app.router.add_get("/readyz", serve)
    async with aiohttp.ClientSession() as session:
        waiting = asyncio.create_task(ready(session, f"http://127.0.0.1:{unused_tcp_port}"))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        async with TestServer(app, host="127.0.0.1", port=unused_tcp_port):
            await asyncio.wait_for(waiting, 20)


async def test_told_to_stop_it_waits_for_the_gateway_to_end(gateway):
    program = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(1)"]
    running = asyncio.create_task(main(f"http://127.0.0.1:{gateway.port}", "http://127.0.0.1:9901/", program))
    await asyncio.sleep(0.3)
    running.cancel()
    assert await asyncio.wait_for(running, 20) == 0


async def test_a_signal_to_stop_reaches_the_gateway(gateway, tmp_path):
    up = tmp_path / "up"
    program = [sys.executable, "-c", f"import pathlib, time; pathlib.Path({str(up)!r}).touch(); time.sleep(60)"]
    running = asyncio.create_task(main(f"http://127.0.0.1:{gateway.port}", "http://127.0.0.1:9901/", program))
    async with asyncio.timeout(20):
        while not up.exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(running, 20) == -signal.SIGTERM
