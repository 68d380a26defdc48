import asyncio
import time

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from filters.api import HOOKS, Filter, Hooks
from filters.errors import DownstreamError, UpstreamError
from gateway.runtime.boundary import Boundary
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.sinks import Sinks

SECRET = "sk-secret-prompt"


class Crashes(list):
    def __call__(self, request, error):
        self.append((request.path, type(error)))


@pytest.fixture
async def start():
    clients = []

    async def start(handler):
        crashes = Crashes()
        app = web.Application(middlewares=[Boundary(Sinks((AccessLog(),)).emit, crashes)])
        app.router.add_post("/{path:.*}", handler)
        clients.append(TestClient(TestServer(app)))
        await clients[-1].start_server()
        return clients[-1], crashes

    yield start
    for client in clients:
        await client.close()


def raising(error):
    async def handler(_):
        raise error

    return handler


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        (
            "/v1/chat/completions",
            {"error": {"message": "no", "type": "not_found_error", "param": "model", "code": "c"}},
        ),
        ("/v1/messages", {"type": "error", "error": {"type": "not_found_error", "message": "no"}}),
        ("/v1/responses", {"error": {"message": "no", "type": "not_found_error", "param": "model", "code": "c"}}),
    ],
)
async def test_the_callers_fault_is_told_in_the_callers_shape(start, path, shape):
    client, crashes = await start(
        raising(DownstreamError(404, "no", param="model", code="c", headers={"Allow": "POST"}))
    )
    answer = await client.post(path)
    assert (answer.status, await answer.json()) == (404, shape)
    assert answer.headers["Allow"] == "POST"
    assert not crashes


async def test_a_providers_fault_says_when_to_come_back(start):
    client, _ = await start(raising(UpstreamError(429, "slow down", retry_after=0.2)))
    answer = await client.post("/v1/messages")
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "1"
    assert (await answer.json())["error"]["type"] == "rate_limit_error"


async def test_a_defect_of_ours_is_a_500_that_gives_nothing_away(start):
    client, crashes = await start(raising(ValueError(SECRET)))
    answer = await client.post("/v1/chat/completions")
    assert answer.status == 500
    assert SECRET not in await answer.text()
    assert crashes == [("/v1/chat/completions", ValueError)]


async def test_an_error_of_aiohttps_own_speaks_the_callers_shape_too(start):
    client, _ = await start(raising(web.HTTPForbidden()))
    answer = await client.post("/v1/messages")
    assert (answer.status, (await answer.json())["error"]["type"]) == (403, "permission_error")


async def test_after_the_first_byte_a_defect_cuts_the_connection_and_is_no_clean_end(start):
    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"begun")
        raise ValueError(SECRET)

    client, crashes = await start(handler)
    with pytest.raises(aiohttp.ClientPayloadError):
        await (await client.post("/v1/messages")).read()
    assert len(crashes) == 1


async def test_every_request_leaves_one_line(start, log_lines):
    client, _ = await start(raising(DownstreamError(400, "messages: must be a list")))
    await client.post("/v1/messages", data=SECRET)
    [line] = log_lines
    assert (line["event"], line["method"], line["path"], line["status"]) == ("request", "POST", "/v1/messages", 400)
    assert (line["error"], line["reason"]) == ("invalid_request_error", "messages: must be a list")
    assert SECRET not in str(line)


async def test_what_a_provider_said_stays_out_of_the_line(start, log_lines):
    client, _ = await start(raising(UpstreamError(400, SECRET)))
    await client.post("/v1/messages")
    assert log_lines[0]["error"] == "invalid_request_error"
    assert SECRET not in str(log_lines)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_checks_leave_none(start, log_lines, path):
    client, _ = await start(raising(DownstreamError(404, "no")))
    await client.post(path)
    assert log_lines == []


class _Forgetful(Filter):
    async def __call__(self, request, handler):
        request[HOOKS] = Hooks([self])
        return await handler(request)

    def on_done(self, request, record):
        raise ValueError(SECRET)


async def test_a_hook_that_fails_at_the_end_does_not_cost_the_record():
    records, crashes = [], Crashes()
    app = web.Application(middlewares=[Boundary(records.append, crashes), _Forgetful()])
    app.router.add_post("/{path:.*}", raising(DownstreamError(400, "no")))
    async with TestClient(TestServer(app)) as client:
        await client.post("/v1/messages")
    assert [(record.status, record.path) for record in records] == [(400, "/v1/messages")]
    assert crashes == [("/v1/messages", ValueError)]


async def test_a_caller_that_leaves_is_logged_as_499(start, log_lines):
    left = asyncio.Event()

    async def handler(_):
        asyncio.current_task().add_done_callback(lambda _: left.set())
        await asyncio.sleep(30)

    client, crashes = await start(handler)
    with pytest.raises(asyncio.TimeoutError):
        await client.post("/v1/messages", timeout=aiohttp.ClientTimeout(total=0.1))
    await left.wait()
    assert [line["status"] for line in log_lines] == [499]
    assert not crashes


async def test_the_records_of_one_turn_of_the_loop_are_given_in_one_go_and_each_once():
    records, begun, go = [], asyncio.Semaphore(0), asyncio.Event()

    async def handler(request):
        begun.release()
        await go.wait()
        return web.Response(status=int(request.path[1:]))

    boundary = Boundary(records.append, Crashes())
    requests = [make_mocked_request("GET", f"/{status}") for status in (200, 201, 202)]
    tasks = [asyncio.create_task(boundary(request, handler)) for request in requests]
    for _ in tasks:
        await begun.acquire()
    go.set()
    await asyncio.wait(tasks)
    await asyncio.sleep(0)
    assert [record.status for record in records] == [200, 201, 202]
    await boundary(make_mocked_request("GET", "/203"), handler)
    await asyncio.sleep(0)
    assert [record.status for record in records] == [200, 201, 202, 203]


async def test_how_long_a_request_took_does_not_hold_what_came_before_its_record():
    records = []

    async def handler(_):
        return web.Response()

    await Boundary(records.append, Crashes())(make_mocked_request("GET", "/v1/messages"), handler)
    time.sleep(0.3)  # noqa: ASYNC251 - the loop is busy
    await asyncio.sleep(0)
    [record] = records
    assert record.duration < 0.3
