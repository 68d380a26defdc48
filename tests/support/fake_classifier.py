"""A chat endpoint on a real socket that classifies as the real ones do, in all the ways in which they go wrong."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Self

from aiohttp import web
from aiohttp.test_utils import TestServer

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


def says(text: str | None) -> Reply:
    """Answer with a completion of this text."""

    async def reply(_: web.Request) -> web.StreamResponse:
        message = {"role": "assistant", "content": text}
        return web.json_response({"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    return reply


def answers(body: bytes, status: int = 200) -> Reply:
    """Answer with these bytes."""

    async def reply(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, content_type="application/json")

    return reply


def fails(status: int) -> Reply:
    """Answer with an error that quotes what was sent, as some do."""

    async def reply(request: web.Request) -> web.StreamResponse:
        text = f"cannot serve {await request.text()} for {request.headers.get('Authorization')}"
        return web.json_response({"error": {"message": text}}, status=status)

    return reply


def slowly(seconds: float, then: Reply) -> Reply:
    """Answer after a while."""

    async def reply(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await then(request)

    return reply


async def cut(request: web.Request) -> web.StreamResponse:
    """Begin to answer, then drop the connection."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    request.transport.abort()
    return response


async def never(_: web.Request) -> web.StreamResponse:
    """Do not answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def endless(request: web.Request) -> web.StreamResponse:
    """Answer without an end."""
    response = web.StreamResponse()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await response.write(b" " * 65536)
    return response


class FakeClassifier:
    """The endpoint. `reply` is how it answers; `refuses_schema` makes it one that knows no `response_format`."""

    def __init__(self, reply: Reply | None = None) -> None:
        self.reply = reply or says("other")
        self.refuses_schema = False
        self.bodies: list[dict] = []
        self.headers: list[dict] = []
        self.asked = asyncio.Event()
        self._server: TestServer

    @property
    def base_url(self) -> str:
        return str(self._server.make_url("/v1"))

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.json())
        self.headers.append(dict(request.headers))
        self.asked.set()
        if self.refuses_schema and "response_format" in self.bodies[-1]:
            return web.json_response({"error": {"message": "unknown field response_format"}}, status=400)
        return await self.reply(request)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._serve)
        self._server = TestServer(app, host="127.0.0.1")
        await self._server.start_server(shutdown_timeout=0.1)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()
