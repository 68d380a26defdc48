"""One stream is one request: what the application says of it, and what becomes of what it should not have come to."""

import asyncio

import pytest
from aiohttp import web

from filters.errors import UpstreamError
from gateway.ext_proc import protocol as pb
from gateway.ext_proc.exchange import EXCHANGE, Asked
from gateway.ext_proc.grpc_server.call import Status
from gateway.ext_proc.processor import Processor
from tests.support.fake_envoy import STREAMED, Context, FakeEnvoy, Modes, Says

ASKED = Asked({}, [], None, {})


def envoy(handler, prepared=None):
    async def prepare(request, response):
        response.headers["x-prepared"] = "yes"

    return FakeEnvoy(Processor(handler, prepared or prepare), None)


async def test_an_answer_of_the_applications_own_is_prepared_and_sent():
    async def handler(request):
        return web.Response(status=418, text=request.path)

    result = await envoy(handler).send("/tea", method="GET")
    assert (result.sent, result.status, result.body) == (None, 418, b"/tea")
    assert result.headers["x-prepared"] == "yes"


async def test_what_has_gone_on_is_not_answered_a_second_time():
    async def handler(request):
        await request[EXCHANGE].ask(ASKED)
        await request[EXCHANGE].begin({}, ())
        return web.Response(status=200)

    result = await envoy(handler).send("/x", provider=lambda _: Says(), method="GET")
    assert result.status == 200
    assert "x-prepared" not in result.headers


async def test_a_mode_that_cannot_work_is_said_to_envoy_and_to_the_log(log_lines):
    result = await envoy(None).send("/x", b"{}", modes=Modes(STREAMED))
    assert result.aborted[0] is Status.FAILED_PRECONDITION
    assert "request_body_mode is STREAMED" in result.aborted[1]
    assert log_lines[-1]["event"] == "ext_proc_misconfigured"


async def test_a_defect_gives_nothing_away(log_lines):
    async def handler(request):
        raise ValueError("a prompt")

    result = await envoy(handler).send("/x", method="GET")
    assert result.aborted[0] is Status.INTERNAL
    assert "prompt" not in result.aborted[1]
    assert (log_lines[-1]["event"], log_lines[-1]["error"]) == ("crash", "ValueError")
    assert "prompt" not in str(log_lines)


async def test_an_answer_that_cannot_go_on_is_cut_off():
    async def handler(request):
        raise UpstreamError(502, "a prompt", cause="too_large")

    result = await envoy(handler).send("/x", method="GET")
    assert (result.aborted[0], result.aborted[1]) == (Status.ABORTED, "the answer cannot go on: too_large")


async def test_a_stream_on_which_nothing_comes_ends():
    context = Context()
    context.to_processor.put_nowait(None)
    await Processor(None, None).process(context)
    assert context.from_processor.empty()


async def test_envoy_that_leaves_ends_the_request():
    async def handler(request):
        await request[EXCHANGE].ask(ASKED)

    context = Context()
    first = pb.ProcessingRequest(request_headers=pb.HttpHeaders(end_of_stream=True))
    first.request_headers.headers.headers.add(key=":path", raw_value=b"/")
    for message in (first, None):
        context.to_processor.put_nowait(message)
    await Processor(handler, None).process(context)
    assert context.from_processor.qsize() == 1, "what was asked, and no answer"


async def test_a_stream_that_is_cancelled_cancels_the_request():
    cancelled = asyncio.Event()

    async def handler(request):
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    context = Context()
    first = pb.ProcessingRequest(request_headers=pb.HttpHeaders(end_of_stream=True))
    first.request_headers.headers.headers.add(key=":path", raw_value=b"/")
    context.to_processor.put_nowait(first)
    task = asyncio.ensure_future(Processor(handler, None).process(context))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled.is_set()
