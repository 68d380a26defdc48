"""One try at a provider: what counts as an answer that has begun, and what as a failure."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from yarl import URL

from filters.errors import UpstreamError
from filters.formats.canonical.events import End, TextDelta
from gateway.upstream.candidates import Candidates
from gateway.upstream.client import UpstreamClient
from gateway.upstream.exchange import AnswerRules, exchange
from gateway.upstream.failures import ProviderAnsweredError
from gateway.upstream.outbound import Outbound
from tests.support.gateway import config_text, load
from tests.support.upstream import begins, says
from tests.support.upstream import upstream as serving

CHAT, MESSAGES, RESPONSES = "openai_chat", "anthropic_messages", "openai_responses"
WHOLE = b'{"choices": [{"message": {"content": "hi"}}], "error": null}'
FRAME = b'data: {"choices": [{"delta": {"content": "hi"}}]}\n\n'
EVENTS = "text/event-stream; charset=utf-8"


@pytest.fixture
async def upstream():
    async with serving(says(WHOLE)) as served:
        yield served


@pytest.fixture
async def client():
    made = UpstreamClient()
    async for _ in made.lifespan(web.Application()):
        yield made


@pytest.fixture
def session(client):
    return client.session()


@pytest.fixture
def asks(tmp_path, upstream, client):
    """Return what asks with limits in seconds: to the first byte, and between two."""

    def within(first_byte, idle=20.0):
        limits = f"{{first_byte_timeout_seconds: {first_byte}, idle_timeout_seconds: {idle}}}"
        text = config_text([{"model": "openai/gpt", "base_url": upstream.url}], limits=limits)
        candidate = Candidates(load(tmp_path, text)).of_name("openai/gpt")

        def asking(wire=CHAT, url=None, **rules):
            out, at = Outbound(wire, b"sent", None), URL(url or f"{upstream.url}/v1/x?y=1")
            return _released(client, exchange(client, candidate, out, at, {"x-mine": "1"}, AnswerRules(**rules)))

        return asking

    return within


@pytest.fixture
def ask(asks):
    """Ask with limits that only a provider reaches which says nothing."""
    return asks(20.0)


@asynccontextmanager
async def _released(client, exchanging):
    answer = await exchanging
    try:
        yield answer
    finally:
        client.release(answer.response, complete=answer.complete)


async def fails(ask, wire=CHAT, url=None, **rules):
    with pytest.raises(UpstreamError) as raised:
        async with ask(wire, url, **rules):
            pass
    assert raised.value.provider == "openai/gpt"
    return raised.value


async def test_a_whole_answer_has_been_read_and_parsed(ask, upstream):
    async with ask() as answer:
        assert (answer.streamed, answer.head, TextDelta("hi") in answer.events) == (False, WHOLE, True)
    [came] = upstream.requests
    assert (came.method, came.path, came.headers["x-mine"], came.body) == ("POST", "/v1/x?y=1", "1", b"sent")


async def test_a_byte_order_mark_before_an_answer_is_taken_off(ask, upstream):
    upstream.reply = says(b"\xef\xbb\xbf" + WHOLE)
    async with ask() as answer:
        assert answer.head == WHOLE


async def test_a_stream_has_begun_with_its_first_whole_frame(ask, upstream):
    async def reply(request):
        response = await begins(request, FRAME[:9])
        await asyncio.sleep(0.05)
        await response.write(FRAME[9:])
        await asyncio.Event().wait()

    upstream.reply = reply
    async with ask() as answer:
        assert (answer.streamed, answer.head, answer.events) == (True, FRAME, ())


async def test_an_error_status_is_what_the_provider_said(ask, upstream):
    upstream.reply = says(b'{"error": {"message": "slow down"}}', status=429, **{"retry-after": "2"})
    error = await fails(ask)
    assert isinstance(error, ProviderAnsweredError)
    assert (error.status, error.message, error.retry_after, error.retryable) == (429, "slow down", 2.0, True)


async def test_a_redirect_is_not_followed(ask, upstream):
    upstream.reply = says(b"", status=307, location=f"{upstream.url}/elsewhere")
    error = await fails(ask)
    assert (error.status, error.provider_status, error.retryable, error.fallback) == (502, 307, False, True)
    assert len(upstream.requests) == 1


FALSE = {
    "an error for an answer": (CHAT, b'{"error": {"message": "no", "code": 503}}', "application/json"),
    "an error with no choices": (CHAT, b'{"error": "no"}', "application/json"),
    "Anthropic's error": (MESSAGES, b'{"type": "error", "error": {"type": "api_error", "message": "no"}}', "text/json"),
    "a response that failed": (
        RESPONSES, b'{"object": "response", "status": "failed", "error": {"message": "no"}}', "application/json",
    ),
    "an error event": (MESSAGES, b'event: error\ndata: {"type": "error", "error": {"message": "no"}}\n\n', EVENTS),
    "an error in a chat stream": (CHAT, b'data: {"error": {"message": "no"}}\n\n', EVENTS),
    "no choices": (CHAT, b'{"choices": []}', "application/json"),
    "a choice that failed": (
        CHAT, b'{"choices": [{"finish_reason": "error", "message": {"content": ""}}]}', "application/json",
    ),
    "comments, pings and then an error": (
        MESSAGES, b': a\n\nevent: ping\ndata: {"type": "ping"}\n\nevent: error\ndata: {"type": "error"}\n\n', EVENTS,
    ),
    "a stream that only ever said who speaks": (
        CHAT, b'data: {"choices": [{"delta": {"role": "assistant", "content": ""}}]}\n\n', EVENTS,
    ),
    "a stream of an end alone": (CHAT, b"data: [DONE]\n\n", EVENTS),
    "no json": (CHAT, b"<html>", "application/json"),
    "json that is no object": (CHAT, b"[]", "application/json"),
    "nothing": (CHAT, b"", "application/json"),
    "an empty stream": (CHAT, b"", EVENTS),
    "a stream of blanks": (CHAT, b"\n\n\n", EVENTS),
}  # fmt: skip


@pytest.mark.parametrize("way", FALSE)
async def test_status_200_alone_is_no_answer(ask, upstream, way):
    wire, body, content_type = FALSE[way]
    upstream.reply = says(body, content_type)
    error = await fails(ask, wire)
    assert error.status >= 500
    assert error.retryable


@pytest.mark.parametrize("content_type", ["application/json", EVENTS])
async def test_a_body_that_breaks_off_is_a_failure(ask, upstream, content_type):
    async def reply(request):
        await begins(request, b'data: {"cho', content_type)
        request.transport.abort()

    upstream.reply = reply
    error = await fails(ask)
    assert (error.status, "broke off" in error.message) == (502, True)


@pytest.mark.parametrize("begun", [False, True])
async def test_an_answer_that_does_not_begin_in_time_is_a_failure(asks, upstream, begun):
    async def reply(request):
        if begun:
            await begins(request, b'data: {"cho')
        await asyncio.Event().wait()

    upstream.reply = reply
    error = await fails(asks(0.3))
    assert (error.status, error.message) == (504, "the answer took too long")


async def test_a_provider_that_is_not_there_cannot_be_connected_to(ask):
    error = await fails(ask, url="http://127.0.0.1:9/v1/x")
    assert (error.status, error.cause) == (502, "refused")


async def test_a_response_without_error_is_none_though_it_has_the_field(ask, upstream):
    upstream.reply = says(b'{"object": "response", "status": "completed", "error": null, "output": []}')
    async with ask(RESPONSES) as answer:
        assert End() in answer.events


async def test_a_connection_is_kept_where_the_answer_was_read_and_closed_where_not(ask, upstream, session):
    async with ask():
        pass
    assert kept(session) == 1

    async def reply(request):
        await begins(request, FRAME)
        await asyncio.Event().wait()

    upstream.reply = reply
    async with ask():
        pass
    assert kept(session) == 0


def kept(session):
    return sum(len(idle) for idle in session.connector._conns.values())


async def test_a_whole_answer_may_take_longer_than_its_first_byte(asks, upstream):
    async def reply(request):
        response = await begins(request, WHOLE[:5], "application/json")
        for piece in (WHOLE[5:9], WHOLE[9:15], WHOLE[15:]):
            await asyncio.sleep(0.5)
            await response.write(piece)
        return response

    upstream.reply = reply
    async with asks(1.0)() as answer:
        assert answer.head == WHOLE


async def test_a_whole_answer_that_falls_silent_is_a_failure(asks, upstream):
    async def reply(request):
        await begins(request, WHOLE[:5], "application/json")
        await asyncio.Event().wait()

    upstream.reply = reply
    error = await fails(asks(20.0, idle=0.3))
    assert (error.status, error.message) == (504, "the answer took too long")


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream"])
@pytest.mark.parametrize("begin", [b"", b": hello\n\n", b"event: message\n"])
async def test_a_stream_that_is_not_called_one_is_known_by_how_it_begins(ask, upstream, content_type, begin):
    async def reply(request):
        await begins(request, begin + FRAME, content_type)
        await asyncio.Event().wait()

    upstream.reply = reply
    async with ask() as answer:
        assert (answer.streamed, answer.head) == (True, begin + FRAME)


async def test_a_first_frame_that_never_ends_is_given_up_at_the_limit(ask, upstream, monkeypatch):
    monkeypatch.setattr("filters.formats.sse.MAX_EVENT", 1000)

    async def reply(request):
        await begins(request, b"data: " + b"x" * 2000)
        await asyncio.Event().wait()

    upstream.reply = reply
    error = await fails(ask)
    assert (error.status, error.retryable) == (502, True)
    assert "an event is longer than 1000 bytes" in error.message


START = (
    b'event: message_start\ndata: {"type": "message_start", "message": {"id": "m", "model": "c", "content": []}}\n\n'
)
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
WORD = (
    b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, '
    b'"delta": {"type": "text_delta", "text": "hi"}}\n\n'
)


async def test_what_comes_before_the_first_word_is_held_and_given_as_it_came(ask, upstream):
    async def reply(request):
        response = await begins(request, b": hello\n\n")
        for piece in (PING, START, PING, WORD):
            await asyncio.sleep(0.01)
            await response.write(piece)
        await asyncio.Event().wait()

    upstream.reply = reply
    async with ask(MESSAGES) as answer:
        assert answer.head == b": hello\n\n" + PING + START + PING + WORD


async def test_signs_of_life_do_not_put_off_the_time_for_the_first_byte(asks, upstream):
    async def reply(request):
        response = await begins(request, PING)
        while True:
            await asyncio.sleep(0.05)
            await response.write(PING)

    upstream.reply = reply
    assert (await fails(asks(0.3), MESSAGES)).cause == "timeout"


async def test_an_answer_that_has_started_may_think_for_longer_than_that(asks, upstream):
    async def reply(request):
        response = await begins(request, START)
        for _ in range(4):
            await asyncio.sleep(0.4)
            await response.write(PING)
        await response.write(WORD)
        await asyncio.Event().wait()

    upstream.reply = reply
    async with asks(1.0)(MESSAGES) as answer:
        assert answer.head.endswith(WORD)


async def test_a_whole_answer_that_is_longer_than_the_limit_is_a_failure(ask, upstream):
    async with ask(max_bytes=len(WHOLE)) as answer:
        assert answer.head == WHOLE
    error = await fails(ask, max_bytes=len(WHOLE) - 1)
    assert (error.status, error.cause) == (502, "too_large")


FILTERED = {
    "whole": b'{"choices": [{"finish_reason": "content_filter", "message": {"content": ""}}]}',
    "streamed": b'data: {"choices": [{"delta": {}, "finish_reason": "content_filter"}]}\n\ndata: [DONE]\n\n',
}


@pytest.mark.parametrize("way", FILTERED)
async def test_an_empty_answer_of_a_content_filter_fails_only_where_that_is_asked_for(ask, upstream, way):
    upstream.reply = says(FILTERED[way], EVENTS if way == "streamed" else "application/json")
    async with ask() as answer:
        assert answer.head == FILTERED[way]
    error = await fails(ask, filtered_fails=True)
    assert (error.status, error.code) == (400, "content_filter")


@pytest.mark.parametrize("status", [600, 999])
async def test_a_status_that_http_does_not_know_is_a_bad_gateway(ask, upstream, status):
    upstream.reply = says(b"{}", status=status)
    error = await fails(ask)
    assert (error.status, error.provider_status) == (502, status)


async def test_a_large_answer_is_parsed_off_the_loop(ask, upstream):
    upstream.reply = says(
        b'{"choices": [{"message": {"content": "' + b"x" * 400_000 + b'"}, "finish_reason": "stop"}]}'
    )
    async with ask() as answer:
        assert TextDelta("x" * 400_000) in answer.events


async def test_a_stream_that_has_said_all_gives_its_connection_back(ask, upstream, session):
    async def reply(request):
        response = await begins(request, FRAME)
        await asyncio.sleep(0.05)
        await response.write_eof()
        return response

    upstream.reply = reply
    async with ask() as answer:
        answer.complete = True
    assert kept(session) == 0
    async with asyncio.timeout(20):
        while not kept(session):  # noqa: ASYNC110 - the client's own affair
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("body", [b"[]", b'"an answer"', b"3", b"null"])
async def test_an_answer_of_another_kind_of_json_is_none(ask, upstream, body):
    upstream.reply = says(body)
    error = await fails(ask)
    assert "the answer is not a JSON object" in error.message
    assert error.retryable


async def test_an_error_without_a_body_is_told_by_its_status(ask, upstream):
    upstream.reply = says(b"", status=503)
    error = await fails(ask)
    assert isinstance(error, ProviderAnsweredError)
    assert (error.provider_status, error.body) == (503, b"")
