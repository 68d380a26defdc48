"""A request comes to the same handler, through the same middlewares, whichever way it takes."""

import asyncio

import pytest
from aiohttp import web

from filters.api import CALLER, TENANT
from gateway.runtime.dispatch import Dispatcher, Request
from gateway.runtime.listener import Listener

APP = web.AppKey("app", str)
KNOWN = "/v1/messages"


class Passed:
    """A middleware that notes what passes it, and the fact that a later one finds."""

    __middleware_version__ = 1

    def __init__(self, name, seen):
        self._name = name
        self._seen = seen

    async def __call__(self, request, handler):
        self._seen.append((self._name, request.path))
        request[CALLER] = self._name
        return await handler(request)


@pytest.fixture
async def served():
    """Give what passed the middlewares, what went aiohttp's own way, and a function that sends a request."""
    seen, own_way = [], []

    async def handler(request):
        absent, given = request.get(TENANT), request.get(TENANT, "nobody")
        return web.json_response(
            [
                request.app[APP],
                request.get(CALLER),
                absent,
                given,
                request.match_info.get("path"),
                type(request).__name__,
            ]
        )

    async def noted(request, response):
        response.headers["X-Prepared"] = request.path

    app = web.Application(middlewares=[Passed("outer", seen), Passed("inner", seen)])
    app[APP] = "this one"
    app.on_response_prepare.append(noted)
    app.router.add_route("*", KNOWN, handler)
    app.router.add_get("/healthz", handler)
    app.router.add_route("*", "/v1/{path:.*}", handler)
    listener = Listener(app, shutdown_timeout=0.1)
    await listener.setup()
    handle = app._handle

    async def watched(request):
        own_way.append(request.path)
        return await handle(request)

    listener.server.request_handler = Dispatcher(app, watched)
    await web.TCPSite(listener, "127.0.0.1", 0).start()

    async def send(path, headers=""):
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.addresses[0][1])
        writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n".encode())
        async with asyncio.timeout(5):
            answer = (await reader.read()).decode()
        writer.close()
        return answer

    yield seen, own_way, send
    await listener.cleanup()


async def test_a_path_that_is_known_at_start_goes_the_short_way(served):
    seen, own_way, send = served
    answer = await send(KNOWN)
    assert answer.startswith("HTTP/1.1 200 OK")
    assert answer.endswith('["this one", "inner", null, "nobody", null, "Request"]')
    assert seen == [("outer", KNOWN), ("inner", KNOWN)]
    assert own_way == []


async def test_the_signal_before_an_answer_is_sent_on_the_short_way(served):
    _, _, send = served
    assert f"X-Prepared: {KNOWN}\r\n" in await send(f"{KNOWN}?explain=true")


@pytest.mark.parametrize(
    ("path", "rest"), [("/v1/models", "models"), ("/v1/messages/count_tokens", "messages/count_tokens"), ("/v1/", "")]
)
async def test_other_paths_go_aiohttps_way_to_the_same_end(served, path, rest):
    seen, own_way, send = served
    answer = await send(path)
    assert answer.endswith(f'["this one", "inner", null, "nobody", "{rest}", "Request"]')
    assert seen == [("outer", path), ("inner", path)]
    assert own_way == [path]


async def test_a_path_of_one_method_is_left_to_aiohttp(served):
    _, own_way, send = served
    assert (await send("/healthz")).startswith("HTTP/1.1 405")
    assert own_way == ["/healthz"]


async def test_who_waits_to_be_told_to_go_on_is_told(served):
    _, own_way, send = served
    answer = await send(KNOWN, "Expect: 100-continue\r\n")
    assert answer.startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert own_way == [KNOWN]


async def test_many_requests_share_a_route_and_nothing_else(served):
    seen, _, send = served
    answers = await asyncio.gather(*(send(KNOWN) for _ in range(20)))
    assert {answer.rpartition("\n")[2] for answer in answers} == {
        '["this one", "inner", null, "nobody", null, "Request"]'
    }
    assert len(seen) == 40


def test_a_fact_that_is_there_is_found():
    request = Request.__new__(Request)
    request._state = {CALLER: "ann"}
    assert (request.get(CALLER), request.get(TENANT), request.get(TENANT, "x")) == ("ann", None, "x")
