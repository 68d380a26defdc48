"""A filter, or a chain of them, in front of a handler that tells what it was given."""

from collections.abc import Callable
from functools import partial

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from filters.api import HOOKS, Filter, Hooks
from gateway.runtime.boundary import Boundary
from gateway.runtime.lifecycle import Lifecycle
from gateway.runtime.response_headers import apply_headers
from gateway.telemetry.access_log import AccessLog


def reraise(_request, error):
    """Fail the test: a defect must not pass for an answer."""
    raise error


async def serve(filters: list[Filter], tell: Callable[[web.Request], object] = lambda _: {}, **options) -> TestClient:
    """Return a started client of an application with these filters; its answer is `tell(request)` as JSON."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.json_response(tell(request))

    hooks = Hooks(filters)

    @web.middleware
    async def with_hooks(request, handler):
        request[HOOKS] = hooks
        return await handler(request)

    app = web.Application(middlewares=[Boundary(AccessLog().emit, reraise), with_hooks, *filters], **options)
    app.router.add_route("*", "/{path:.*}", handler)
    app.on_response_prepare.append(partial(apply_headers, Lifecycle()))
    server = TestServer(app)
    await server.start_server(auto_decompress=False)
    client = TestClient(server)
    await client.start_server()
    return client
