"""From a provider's answer to the caller: bytes where the formats agree, a translation where they do not."""

import asyncio
import threading

import aiohttp
import orjson
import pytest
from aiohttp import web

from filters.formats.sse import SseParser
from gateway.runtime.app import build_app
from gateway.runtime.listener import Listener
from gateway.upstream import relay
from tests.support.gateway import config_text, load, running
from tests.support.upstream import begins, says
from tests.support.upstream import upstream as serving

HELLO = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 9}
CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
ENDS = {CHAT: b"[DONE]", MESSAGES: b"message_stop", RESPONSES: b"response.completed"}
WHOLE = (
    b'{"id":"c1","object":"chat.completion","created":1,"model":"gpt","odd":1.50,"choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}'
)
FRAMES = (
    b'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt","odd":1.50,"choices":[{"index":0,'
    b'"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]}\n\n'
    b": still here\n\n"
    b'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt","choices":[{"index":0,"delta":{},'
    b'"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
EVENTS = "text/event-stream"


@pytest.fixture
async def upstream():
    async with serving(says(WHOLE)) as served:
        yield served


@pytest.fixture
async def gateway(tmp_path, upstream):
    providers = [{"model": "openai/gpt", "base_url": upstream.url, "access_key": "k", "max_retries": 0}]
    async with running(load(tmp_path, config_text(providers, limits="{idle_timeout_seconds: 0.2}"))) as served:
        yield served


async def ask(gateway, path, *, stream):
    async with gateway.session.post(gateway.url + path, json={**HELLO, "stream": stream}) as answer:
        return answer.content_type, await answer.read()


def events(body):
    return [orjson.loads(event.data) for event in SseParser().feed(body) if event.data != b"[DONE]"]


async def test_a_whole_answer_passes_byte_for_byte(gateway):
    assert await ask(gateway, CHAT, stream=False) == ("application/json", WHOLE)


async def test_a_stream_passes_byte_for_byte(gateway, upstream):
    upstream.reply = says(FRAMES, EVENTS)
    assert await ask(gateway, CHAT, stream=True) == (EVENTS, FRAMES)


async def test_a_whole_answer_is_translated(gateway):
    kind, body = await ask(gateway, MESSAGES, stream=False)
    answer = orjson.loads(body)
    assert (kind, answer["type"], answer["content"][0]["text"]) == ("application/json", "message", "Hello")


async def test_a_stream_is_translated_pings_too(gateway, upstream):
    upstream.reply = says(FRAMES, EVENTS)
    kind, body = await ask(gateway, MESSAGES, stream=True)
    types = [event["type"] for event in events(body)]
    assert (kind, types[0], types[-1]) == (EVENTS, "message_start", "message_stop")
    assert "ping" in types


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
async def test_a_whole_answer_for_who_asked_for_a_stream_becomes_one(gateway, path):
    kind, body = await ask(gateway, path, stream=True)
    assert (kind, "Hello" in str(events(body))) == (EVENTS, True)


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
async def test_a_stream_for_who_asked_for_a_whole_answer_becomes_one(gateway, upstream, path):
    upstream.reply = says(FRAMES, EVENTS)
    kind, body = await ask(gateway, path, stream=False)
    assert (kind, "Hello" in str(orjson.loads(body))) == ("application/json", True)


async def test_so_does_one_for_a_request_that_only_this_format_knows(gateway, upstream):
    upstream.reply = says(FRAMES, EVENTS)
    status, _, answer = await gateway.post(CHAT, {**HELLO, "n": 3})
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "Hello")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_frame_without_an_end_is_given_up(gateway, upstream, stream):
    async def reply(request):
        response = await begins(request, FRAMES.partition(b": still")[0])
        while True:
            await response.write(b"data: " + b"x" * 1_000_000)

    upstream.reply = reply
    async with gateway.session.post(gateway.url + MESSAGES, json={**HELLO, "stream": stream}) as answer:
        assert (answer.status, b'"type":"error"' in await answer.read()) == (200 if stream else 502, True)


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
async def test_a_stream_that_dies_before_it_is_made_whole_is_an_error_with_a_status(gateway, upstream, path):
    upstream.reply = says(FRAMES.partition(b": still")[0], EVENTS)
    status, _, answer = await gateway.post(path, HELLO)
    assert (status, "openai/gpt" in answer["error"]["message"]) == (502, True)


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
async def test_a_stream_that_falls_silent_ends_in_an_error_event_that_names_the_provider(gateway, upstream, path):
    async def reply(request):
        await begins(request, FRAMES.partition(b": still")[0])
        await asyncio.Event().wait()

    upstream.reply = reply
    _, body = await ask(gateway, path, stream=True)
    assert "openai/gpt: the stream took too long." in events(body)[-1]["error"]["message"]


async def test_a_failure_after_the_end_changes_nothing(gateway, upstream):
    async def reply(request):
        await begins(request, FRAMES)
        request.transport.abort()

    upstream.reply = reply
    assert await ask(gateway, CHAT, stream=True) == (EVENTS, FRAMES)


async def test_a_stream_is_marked_so_that_no_proxy_holds_it_back(gateway, upstream):
    upstream.reply = says(FRAMES, EVENTS)
    async with gateway.session.post(gateway.url + CHAT, json={**HELLO, "stream": True}) as answer:
        assert (answer.headers["Cache-Control"], answer.headers["X-Accel-Buffering"]) == ("no-cache", "no")


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_frame_that_never_ends_is_given_up_and_the_provider_is_let_go(
    gateway, upstream, path, stream, monkeypatch
):
    left = asyncio.Event()
    monkeypatch.setattr("filters.formats.sse.MAX_EVENT", 1000)

    async def reply(request):
        response = await begins(request, FRAMES.partition(b": still")[0] + b"data: ")
        try:
            while True:
                await response.write(b"x" * 500)
                await asyncio.sleep(0)
        finally:
            left.set()

    upstream.reply = reply
    _, body = await ask(gateway, path, stream=stream)
    assert b"an event is longer than 1000 bytes" in body
    async with asyncio.timeout(2):
        await left.wait()


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize("said", [FRAMES.partition(b": still")[0], FRAMES])
async def test_a_stream_that_the_end_of_the_drain_cuts_off_says_so(tmp_path, upstream, path, said, log_lines):
    async def reply(request):
        await begins(request, said)
        await asyncio.Event().wait()

    upstream.reply = reply
    text = config_text([{"model": "openai/gpt", "base_url": upstream.url, "access_key": "k"}])
    listener = Listener(build_app(load(tmp_path, text)), shutdown_timeout=0.1)
    await listener.setup()
    await web.TCPSite(listener, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{listener.addresses[0][1]}{path}"
    async with aiohttp.ClientSession() as session, session.post(url, json={**HELLO, "stream": True}) as answer:
        begun = await answer.content.readany()
        await listener.cleanup()
        body = begun + await answer.content.read()
    whole = said == FRAMES
    assert (b"the gateway is shutting down" in body) is not whole
    assert (b"[DONE]" in body or b"message_stop" in body) is whole
    [line] = [line for line in log_lines if line["event"] == "request"]
    assert (line["status"], "broken" in line) == (200 if whole else 503, not whole)


SAID_ALL = {
    "the last frame": (FRAMES, 0.0),
    "the reason, and no last frame": (FRAMES.partition(b"data: [DONE]")[0], 1.0),
}


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("then", ["silence", "heartbeats"])
@pytest.mark.parametrize("said", SAID_ALL)
async def test_a_stream_that_has_said_all_ends_though_the_provider_keeps_its_connection_open(
    tmp_path, upstream, path, then, said
):
    async def reply(request):
        response = await begins(request, SAID_ALL[said][0])
        while then == "heartbeats":
            await asyncio.sleep(0.05)
            await response.write(b": still here\n\n")
        await asyncio.Event().wait()

    upstream.reply = reply
    text = config_text(
        [{"model": "openai/gpt", "base_url": upstream.url, "access_key": "k", "formats": "[openai_chat]"}]
    )
    sent = {"input": "hello", "stream": True} if path == RESPONSES else {**HELLO, "stream": True}
    async with running(load(tmp_path, text)) as gateway, asyncio.timeout(10):
        _, _, body = await gateway.post(path, sent)
    assert ENDS[path] in body or (path == CHAT and SAID_ALL[said][1])
    assert b"Hello" in body
    assert b"event: error" not in body


@pytest.mark.parametrize("stream", [False, True])
async def test_a_connection_whose_stream_has_said_all_is_used_again(tmp_path, upstream, stream):
    ports = []

    async def reply(request):
        ports.append(request.transport.get_extra_info("peername")[1])
        response = await begins(request, FRAMES)
        await asyncio.sleep(0.02)
        await response.write_eof()
        return response

    upstream.reply = reply
    text = config_text([{"model": "openai/gpt", "base_url": upstream.url, "access_key": "k"}])
    async with running(load(tmp_path, text)) as gateway:
        for _ in range(3):
            await ask(gateway, CHAT, stream=stream)
            await asyncio.sleep(0.1)
    assert len(set(ports)) == 1


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("size", "where"), [(10, "MainThread"), (2_000_000, "bodies")])
async def test_a_large_answer_is_written_beside_the_event_loop(gateway, upstream, monkeypatch, size, where, stream):
    text, threads = "\u00e9" + "x" * size, []
    upstream.reply = says(WHOLE.replace(b"Hello", text.encode()))
    written = relay._written

    def noted(*arguments):
        threads.append(threading.current_thread().name)
        return written(*arguments)

    monkeypatch.setattr(relay, "_written", noted)
    _, body = await ask(gateway, MESSAGES, stream=stream)
    assert text.encode() in body
    assert [name.partition("_")[0] for name in threads] == [where]


async def test_what_is_collected_of_a_stream_is_bounded(tmp_path, upstream):
    async def reply(request):
        response = await begins(request, FRAMES.partition(b": still")[0])
        while True:
            await response.write(FRAMES.partition(b": still")[0])

    upstream.reply = reply
    text = config_text(
        [{"model": "openai/gpt", "base_url": upstream.url, "access_key": "k", "max_retries": 0}],
        limits="{max_answer_bytes: 100000}",
    )
    async with running(load(tmp_path, text)) as gateway:
        status, _, answer = await gateway.post(CHAT, HELLO)
    assert (status, "longer than 100000 bytes" in answer["error"]["message"]) == (502, True)


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
async def test_a_key_that_an_error_event_quotes_is_masked(gateway, upstream, path):
    error = b'data: {"error": {"message": "wrong key: sk-abcdefghijklmnop1234", "code": 401}}\n\n'
    upstream.reply = says(FRAMES.partition(b": still")[0] + error, EVENTS)
    _, body = await ask(gateway, path, stream=True)
    assert b"wrong key: sk-***" in body or path == MESSAGES
    assert b"sk-abcdef" not in body


USAGE = b'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}\n\n'


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("cut", [1, 40, 10_000])
async def test_usage_is_asked_for_and_told_only_to_who_asked(gateway, upstream, asked, cut, log_lines):
    told = FRAMES.replace(b"data: [DONE]", USAGE + b"data: [DONE]")

    async def reply(request):
        response = await begins(request, told[:cut])
        for start in range(cut, len(told), cut):
            await response.write(told[start : start + cut])
        return response

    upstream.reply = reply
    options = {"stream_options": {"include_usage": True}} if asked else {}
    _, _, body = await gateway.post(CHAT, {**HELLO, "stream": True, **options})
    assert body == (told if asked else FRAMES)
    assert orjson.loads(upstream.requests[0].body)["stream_options"] == {"include_usage": True}
    [line] = log_lines
    assert (line["input_tokens"], line["output_tokens"]) == (7, 2)
