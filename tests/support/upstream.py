"""A server on a real socket that records what comes and answers with whatever it is given."""

from contextlib import asynccontextmanager
from typing import NamedTuple

from aiohttp import web
from aiohttp.test_utils import TestServer


class Came(NamedTuple):
    """A request as it came; `path` is raw, with the query."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Upstream:
    """`reply` is the handler that answers; `requests` is what came."""

    def __init__(self, reply) -> None:
        self.requests: list[Came] = []
        self.reply = reply
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Record a request and answer it."""
        came = Came(request.method, request.raw_path, dict(request.headers), await request.read())
        self.requests.append(came)
        return await self.reply(request)


@asynccontextmanager
async def upstream(reply):
    """Serve an upstream for a while."""
    served = Upstream(reply)
    app = web.Application(client_max_size=0, handler_args={"handler_cancellation": True})
    app.router.add_route("*", "/{path:.*}", served.serve)
    async with TestServer(app, host="127.0.0.1") as server:
        served.url = f"http://127.0.0.1:{server.port}"
        yield served


def says(body: bytes, content_type: str = "application/json", status: int = 200, **headers: str):
    """Return a handler that answers with these bytes."""

    async def reply(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers={"content-type": content_type, **headers})

    return reply


async def begins(request: web.Request, body: bytes = b"begun", content_type: str = "text/event-stream"):
    """Begin an answer and return it."""
    response = web.StreamResponse(headers={"content-type": content_type})
    await response.prepare(request)
    await response.write(body)
    return response
