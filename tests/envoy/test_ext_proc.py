"""The external processor behind the real Envoy: two processors, one Redis, two providers, official clients."""

import asyncio
import gzip
import io
import json

import aiohttp
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import echo
from tests.envoy.conftest import deploy
from tests.support.envoy import NEEDS_ENVOY, PROMPT_CODE, PROMPT_OTHER, PROMPT_REASON, ext_proc_filter
from tests.support.fake_redis import REAL

pytestmark = [
    NEEDS_ENVOY,
    pytest.mark.skipif(REAL is None, reason="there is no redis-server on this machine"),
    pytest.mark.asyncio(loop_scope="module"),
]
CLAUDE, GPT, MINI = "anthropic/claude-sonnet-4-20250514", "openai/gpt-4o", "openai/gpt-4o-mini"
CHAT = "/v1/chat/completions"


@pytest.fixture
async def openai(pair):
    async with AsyncOpenAI(base_url=f"{pair.envoy.url}/v1", api_key="callers", max_retries=0) as client:
        yield client


@pytest.fixture
async def anthropic(pair):
    async with AsyncAnthropic(base_url=pair.envoy.url, api_key="callers", max_retries=0) as client:
        yield client


def messages(said):
    return [{"role": "user", "content": said}]


@pytest.mark.parametrize(
    ("said", "model", "route"),
    [(PROMPT_CODE, CLAUDE, "code_generation"), (PROMPT_REASON, GPT, "complex_reasoning"), (PROMPT_OTHER, MINI, "none")],
)
async def test_a_request_goes_to_the_provider_that_was_decided_for(pair, said, model, route):
    status, headers, answer = await pair.envoy.chat(said)
    assert status == 200
    assert (headers["x-pointsman-model"], headers["x-pointsman-route"]) == (model, route)
    name = model.partition("/")[2]
    assert name in answer["choices"][0]["message"]["content"]
    came = (pair.anthropic if model == CLAUDE else pair.openai).requests[-1]
    assert came.body["model"] == name
    assert {"x-pointsman-model", "cookie", "x-session-id"}.isdisjoint(name.lower() for name in came.headers)


async def test_openais_sdk_streams_from_the_provider_that_was_decided_for(openai):
    async with openai.chat.completions.stream(model="auto", messages=messages(PROMPT_CODE)) as stream:
        answer = await stream.get_final_completion()
    assert "asked for claude-sonnet-4-20250514" in answer.choices[0].message.content
    async with openai.responses.stream(model="auto", input=PROMPT_REASON) as stream:
        answer = await stream.get_final_response()
    assert "asked for gpt-4o" in answer.output_text


async def test_anthropics_sdk_streams_from_the_provider_that_was_decided_for(anthropic):
    for said, model in ((PROMPT_CODE, "claude-sonnet-4-20250514"), (PROMPT_REASON, "gpt-4o")):
        async with anthropic.messages.stream(model="auto", max_tokens=99, messages=messages(said)) as stream:
            assert f"asked for {model}" in await stream.get_final_text()


async def test_a_session_is_pinned_by_one_processor_and_kept_by_the_other(pair, openai, anthropic):
    """Each of the processors takes some of these: which one is Envoy's choice."""
    before = [len(each.requests) for each in pair.processors]
    first = await openai.chat.completions.with_raw_response.create(
        model="auto", messages=messages(PROMPT_REASON), extra_headers={"X-Session-Id": "shared"}
    )
    assert (first.headers["x-pointsman-model"], first.headers["x-pointsman-pinned"]) == (GPT, "false")
    for _ in range(10):
        later = await anthropic.messages.with_raw_response.create(
            model="auto", max_tokens=9, messages=messages(PROMPT_CODE), extra_headers={"X-Session-Id": "shared"}
        )
        assert (later.headers["x-pointsman-model"], later.headers["x-pointsman-pinned"]) == (GPT, "true")
    await asyncio.sleep(0.3)
    assert all(len(each.requests) > count for each, count in zip(pair.processors, before, strict=True))


async def test_a_decision_is_answered_by_the_processor(pair):
    path = "/routing/v1/messages?explain=true"
    status, _, answer = await pair.envoy.chat(PROMPT_CODE, path=path, max_tokens=9)
    assert (status, answer["model"], answer["explain"]["decided_by"]) == (200, CLAUDE, "embedded")
    requests = len(pair.openai.requests), len(pair.anthropic.requests)
    own = [{"name": "trains", "description": "questions about trains and railways", "models": ["openai/gpt-4o"]}]
    said = "When does the next train to Paris leave from this railway station?"
    status, _, answer = await pair.envoy.chat(said, path="/routing/v1/chat/completions", routing_preferences=own)
    assert (status, answer["route"]) == (200, "trains")
    assert (len(pair.openai.requests), len(pair.anthropic.requests)) == requests


async def test_a_refusal_has_the_callers_shape(pair):
    status, _, answer = await pair.envoy.post("/v1/messages", {"messages": "no"})
    assert (status, answer["type"], answer["error"]["type"]) == (400, "error", "invalid_request_error")
    status, _, answer = await pair.envoy.chat(PROMPT_OTHER, model="nobody/has")
    assert (status, answer["error"]["code"]) == (404, "model_not_found")
    status, _, answer = await pair.envoy.post("/v1/nothing", {})
    assert status == 404
    async with pair.envoy.session.get(f"{pair.envoy.url}{CHAT}") as got:
        assert (got.status, got.headers["allow"]) == (405, "POST")


async def test_an_error_of_the_provider_keeps_its_status_and_is_readable(pair):
    pair.openai.script(Answer.error(400, message="no such tool"))
    status, headers, answer = await pair.envoy.chat(PROMPT_OTHER)
    assert (status, answer["error"]["message"]) == (400, "no such tool")
    assert headers["x-pointsman-model"] == MINI


async def test_where_a_server_fails_envoy_asks_the_next_one(pair):
    """Also for a stream, whose body the processor has seen once."""
    for stream in (False, True):
        pair.openai.script(Answer.error(503))
        came = len(pair.spare.requests)
        status, headers, _ = await pair.envoy.chat(PROMPT_OTHER, stream=stream, session=f"fallback-{stream}")
        assert (status, headers["x-pointsman-model"]) == (200, MINI)
        assert len(pair.spare.requests) == came + 1
        assert pair.spare.requests[-1].body == pair.openai.requests[-1].body


async def test_a_model_that_fails_at_every_server_is_left_out_by_the_next_decision(pair):
    """Envoy's tries are over: it is the processor that knows another model."""
    for provider in (pair.openai, pair.spare):
        provider.default = lambda _: Answer.error(429, retry_after=30)
    status, _, answer = await pair.envoy.chat(PROMPT_REASON)
    assert (status, "error" in answer) == (429, True)
    for provider in (pair.openai, pair.spare):
        provider.default = echo
    async with asyncio.timeout(20):  # which of the processors is asked is Envoy's choice, by their health and at random
        while (await pair.envoy.chat(PROMPT_REASON))[1]["x-pointsman-model"] != MINI:  # noqa: ASYNC110 - it asks
            await asyncio.sleep(0.05)


async def test_a_large_body_is_taken_and_goes_on(pair):
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 8_000_000}}
    said = [{"role": "user", "content": [{"type": "text", "text": PROMPT_OTHER}, picture]}]
    raw = io.BytesIO(json.dumps({"model": MINI, "messages": said}).encode())
    async with pair.envoy.session.post(pair.envoy.url + CHAT, data=raw) as got:
        assert got.status == 200
    assert pair.openai.requests[-1].body["messages"] == said


@pytest.mark.parametrize(("told", "whose"), [(True, "invalid_request_error"), (False, "api_error")])
async def test_a_body_that_is_too_large_is_a_413(pair, told, whose):
    """Where its length is told, the processor refuses it by its headers; else Envoy does when its buffer is full."""
    raw = b'{"messages": [{"role": "user", "content": "' + b"x" * 40_000_000 + b'"}]}'

    async def untold():
        for at in range(0, len(raw), 1_000_000):
            yield raw[at : at + 1_000_000]

    data = io.BytesIO(raw) if told else untold()
    async with pair.envoy.session.post(pair.envoy.url + CHAT, data=data) as got:
        assert (got.status, (await got.json())["error"]["type"]) == (413, whose)


async def test_a_body_that_comes_in_chunks_and_one_that_is_compressed(pair):
    raw = json.dumps({"model": "auto", "messages": messages(PROMPT_CODE)}).encode()

    async def slowly():
        for at in range(0, len(raw), 20):
            yield raw[at : at + 20]
            await asyncio.sleep(0.001)

    async with pair.envoy.session.post(pair.envoy.url + CHAT, data=slowly()) as got:
        assert (got.status, got.headers["x-pointsman-model"]) == (200, CLAUDE)
    status, _, _ = await pair.envoy.post(CHAT, gzip.compress(raw), {"Content-Encoding": "gzip"})
    assert status == 200
    assert pair.anthropic.requests[-1].body["model"] == "claude-sonnet-4-20250514"
    assert "Content-Encoding" not in pair.anthropic.requests[-1].headers
    status, _, answer = await pair.envoy.post(CHAT, raw, {"Content-Encoding": "gzip"})
    assert (status, "Content-Encoding" in answer["error"]["message"]) == (400, True)


async def test_trailers_of_a_request_are_let_through(pair):
    raw = json.dumps({"model": "auto", "messages": messages(PROMPT_OTHER)}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(pair.envoy.url.rpartition(":")[2]))
    head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + b"%x\r\n%b\r\n0\r\nX-A: 1\r\n\r\n" % (len(raw), raw))
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"x-pointsman-model: openai/gpt-4o-mini" in answer


async def test_chunks_of_a_stream_come_as_the_provider_sends_them(pair):
    pair.openai.script(Answer.text(*"abcd", fault=Fault(pace=0.15)))
    loop = asyncio.get_running_loop()
    body = {"model": MINI, "stream": True, "messages": messages(PROMPT_OTHER)}
    async with pair.envoy.session.post(pair.envoy.url + CHAT, json=body) as got:
        times = [loop.time() async for _ in got.content.iter_any()]
    assert times[-1] - times[0] > 0.3, "it was held back until its end"
    assert len(times) >= 4


async def test_a_caller_that_leaves_ends_the_providers_work(pair):
    pair.openai.disconnected.clear()
    pair.openai.script(Answer.text(*"abcdefgh" * 20, fault=Fault(pace=0.2)))
    body = {"model": MINI, "stream": True, "messages": messages(PROMPT_OTHER)}
    async with pair.envoy.session.post(pair.envoy.url + CHAT, json=body) as got:
        await got.content.readany()
    async with asyncio.timeout(5):
        await pair.openai.disconnected.wait()
        while not any(line["status"] == 499 for line in pair.lines):  # noqa: ASYNC110 - another process writes them
            await asyncio.sleep(0.05)


async def test_envoy_knows_what_was_decided_and_used(pair):
    await pair.envoy.chat(PROMPT_REASON)
    stats = await pair.envoy.stats("http.callers.ext_proc")
    assert stats["http.callers.ext_proc.streams_failed"] == 0
    assert stats["http.callers.ext_proc.rejected_header_mutations"] == 0
    assert stats["http.callers.ext_proc.spurious_msgs_received"] == 0
    assert stats["http.callers.ext_proc.message_timeouts"] == 0


async def test_the_models_are_listed_through_envoy(pair, openai):
    assert CLAUDE in [model.id async for model in openai.models.list()]


async def test_an_operation_that_is_no_chat_goes_through(pair, openai):
    answer = await openai.embeddings.create(model="openai/gpt-4o", input="hello")
    assert len(answer.data) == 1
    assert pair.openai.requests[-1].body["model"] == "gpt-4o"


async def test_a_million_small_chunks_do_not_pile_up(pair):
    """A long stream goes on chunk by chunk: what was sent has come before the provider is at its end."""
    pair.openai.script(Answer.text(*["word "] * 3000))
    async with aiohttp.ClientSession() as session:
        body = {"model": MINI, "stream": True, "messages": messages(PROMPT_OTHER)}
        async with session.post(pair.envoy.url + CHAT, json=body) as got:
            raw = await got.read()
    assert raw.count(b'"word ') == 3000
    assert raw.endswith(b"data: [DONE]\n\n")


async def test_streams_can_pass_unseen_so_that_the_processor_has_nothing_to_do_with_them(tmp_path):
    def change(config):
        settings = ext_proc_filter(config)
        settings["allow_mode_override"] = settings.pop("send_body_without_waiting_for_header_response")

    async with deploy(tmp_path, change=change, options=("--streams-unseen",)) as made:
        made.openai.script(Answer.text(*["word "] * 200, fault=Fault(pace=0.002)))
        status, headers, raw = await made.envoy.chat(PROMPT_OTHER, stream=True)
        assert (status, headers["x-pointsman-model"]) == (200, MINI)
        assert raw.endswith(b"data: [DONE]\n\n")
        name = "http.callers.ext_proc.stream_msgs_sent"
        assert (await made.envoy.stats(name))[name] == 3, "headers and body of the request, headers of the answer"
        status, _, raw = await made.envoy.chat(PROMPT_CODE, stream=True)
        assert (status, raw.endswith(b"data: [DONE]\n\n")) == (200, True), "a translation is still seen"


async def test_streams_whose_body_comes_at_once_are_seen_whatever_was_asked_for(tmp_path):
    async with deploy(tmp_path, options=("--streams-unseen",)) as made:
        status, _, raw = await made.envoy.chat(PROMPT_OTHER, stream=True)
        assert (status, raw.endswith(b"data: [DONE]\n\n")) == (200, True)
        name = "http.callers.ext_proc.stream_msgs_sent"
        assert (await made.envoy.stats(name))[name] > 3
