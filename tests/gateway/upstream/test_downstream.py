"""The caller's side: what it gets while nobody has answered yet, and between the frames of an answer."""

import asyncio

import pytest

from tests.support.gateway import CODE, config_text, load, running
from tests.support.upstream import begins, says
from tests.support.upstream import upstream as serving

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
BODIES = {
    CHAT: {"messages": [{"role": "user", "content": CODE}]},
    MESSAGES: {"max_tokens": 100, "messages": [{"role": "user", "content": CODE}]},
    RESPONSES: {"input": CODE},
}
PINGS = {CHAT: b": ", MESSAGES: b"event: ping\n", RESPONSES: b": "}
FRAMES = (
    b'data: {"id":"c1","created":1,"model":"gpt","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    b'data: {"id":"c1","created":1,"model":"gpt","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b"data: [DONE]\n\n"
)
WHOLE = b'{"id":"c1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}'


async def stall(_):
    await asyncio.Event().wait()


def after(seconds, reply):
    async def late(request):
        await asyncio.sleep(seconds)
        return await reply(request)

    return late


@pytest.fixture
async def first():
    async with serving(stall) as served:
        yield served


@pytest.fixture
async def second():
    async with serving(says(FRAMES, "text/event-stream")) as served:
        yield served


@pytest.fixture
async def gateway(tmp_path, first, second):
    common = {"access_key": "k", "max_retries": 0, "provider_interface": "openai"}
    providers = [
        {"model": "one/gpt", "base_url": first.url, "first_byte_timeout_seconds": 0.5, **common},
        {"model": "two/gpt", "base_url": second.url, "first_byte_timeout_seconds": 0.5, **common},
    ]
    text = config_text(providers, ("one/gpt", "two/gpt"), limits="{keepalive_seconds: 0.1}")
    async with running(load(tmp_path, text)) as served:
        yield served


async def ask(gateway, path, *, stream=True):
    async with gateway.session.post(gateway.url + path, json={**BODIES[path], "stream": stream}) as answer:
        return answer.status, answer.headers, await answer.read()


@pytest.mark.parametrize("path", BODIES)
async def test_a_caller_hears_something_while_candidates_are_asked_and_the_next_serves_behind_it(gateway, first, path):
    status, headers, body = await ask(gateway, path)
    assert (status, headers["Content-Type"]) == (200, "text/event-stream")
    assert body.startswith(PINGS[path])
    assert b"Hi" in body
    assert b'"error"' not in body.replace(b'"error":null', b"")
    assert "x-pointsman-model" not in headers


@pytest.mark.parametrize("path", BODIES)
async def test_if_nobody_serves_then_the_stream_ends_in_an_error_event(gateway, second, path, log_lines):
    second.reply = stall
    status, _, body = await ask(gateway, path)
    assert (status, body.startswith(PINGS[path])) == (200, True)
    assert b"No provider could serve the request. one/gpt: the answer took too long; two/gpt" in body
    assert b"[DONE]" not in body
    line = next(line for line in log_lines if line["event"] == "request")
    assert (line["status"], line["broken"]) == (200, "timeout")


@pytest.mark.parametrize("path", BODIES)
async def test_one_that_asked_for_a_whole_answer_waits_and_gets_a_status(gateway, second, path):
    second.reply = stall
    status, _, _ = await ask(gateway, path, stream=False)
    assert status == 504


@pytest.mark.parametrize("path", BODIES)
async def test_a_quick_answer_has_its_own_headers_and_no_ping(gateway, first, path):
    first.reply = says(FRAMES, "text/event-stream", **{"x-ratelimit-left": "9"})
    _, headers, body = await ask(gateway, path)
    assert (headers["x-pointsman-model"], headers["x-ratelimit-left"]) == ("one/gpt", "9")
    assert not body.startswith(PINGS[path])


@pytest.mark.parametrize("path", BODIES)
async def test_a_pause_between_frames_is_filled(gateway, first, path):
    async def reply(request):
        response = await begins(request, FRAMES.partition(b"\n\n")[0] + b"\n\n")
        await asyncio.sleep(0.35)
        await response.write(FRAMES.partition(b"\n\n")[2])
        return response

    first.reply = reply
    _, _, body = await ask(gateway, path)
    assert body.index(b"Hi") < body.index(b"\n\n" + PINGS[path])
    assert all(frame.startswith((b"data:", b"event:", b":")) for frame in body.split(b"\n\n") if frame)


@pytest.mark.parametrize("path", BODIES)
async def test_a_whole_answer_in_place_of_a_stream_goes_into_the_one_that_was_kept_open(gateway, first, path):
    first.reply = after(0.3, says(WHOLE))
    _, _, body = await ask(gateway, path)
    assert body.startswith(PINGS[path])
    assert b"Hi" in body


async def test_an_error_of_the_format_is_an_event_once_the_stream_is_open(gateway, first):
    first.reply = after(0.3, says(b'{"error": {"message": "bad request"}}', status=400))
    status, _, body = await ask(gateway, CHAT)
    assert (status, b"bad request" in body) == (200, True)


async def test_a_caller_that_leaves_is_not_kept_alive(gateway, first, log_lines):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.25):
            await ask(gateway, CHAT)
    await asyncio.sleep(0.3)
    assert [line["status"] for line in log_lines if line["event"] == "request"] == [499]
    assert [line["event"] for line in log_lines if line["event"] != "request"] == []
