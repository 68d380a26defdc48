"""OpenRouter's `reasoning_details` go through each SDK and come back as they were told, whole and streamed."""

import orjson
import pytest
import pytest_asyncio

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import config_text, load, running
from tests.support.sdks import CHAT, MESSAGES, QUESTIONS, RESPONSES, Sdks, sent_back, tools

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROUTER, CLAUDE = "openrouter/anthropic/claude-opus-4-8", "anthropic/claude-opus-4-8"
CLAUDE_V1, GPT_V1, GEMINI_V1 = "anthropic-claude-v1", "openai-responses-v1", "google-gemini-v1"
SIGNED = {"type": "reasoning.text", "text": "Let me see.", "signature": "c2ln", "format": CLAUDE_V1, "index": 0}
SUMMARY = {"type": "reasoning.summary", "summary": "Let me see.", "format": GPT_V1, "index": 0}
ENCRYPTED = {"type": "reasoning.encrypted", "data": "YmxvYg==", "id": "rs_1", "format": GPT_V1, "index": 1}
OF_CALL = {"type": "reasoning.encrypted", "data": "Z2Vt", "id": "call_1", "format": GEMINI_V1, "index": 0}
TOLD = {
    "signed text": [SIGNED],
    "a summary and its state": [SUMMARY, ENCRYPTED],
    "nothing to read": [ENCRYPTED],
    "Gemini's": [OF_CALL],
    "of nobody known": [{"type": "reasoning.text", "text": "Let me see.", "format": "xai-responses-v1", "index": 0}],
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}
HEAD = {"id": "gen-1", "created": 1, "model": "m", "object": "chat.completion"}


def shown(details):
    return "".join(entry.get("text") or entry.get("summary") or "" for entry in details) or None


def whole(details):
    message = {"role": "assistant", "content": None, "reasoning": shown(details), "reasoning_details": details}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message | {"tool_calls": [CALL]}}
    return orjson.dumps({**HEAD, "choices": [choice]})


def pieces(details):
    """Give the deltas in which a stream tells entries: text in two pieces, the signature after it."""
    for entry in details:
        grows = next((name for name in ("text", "summary") if name in entry), None)
        if grows is None:
            yield {"reasoning_details": [entry]}
            continue
        common = {name: value for name, value in entry.items() if name not in {grows, "signature"}}
        for piece in (entry[grows][:4], entry[grows][4:]):
            yield {"reasoning": piece, "reasoning_details": [{**common, grows: piece}]}
        if "signature" in entry:
            yield {"reasoning_details": [{**common, grows: "", "signature": entry["signature"]}]}


def streamed(details):
    deltas = [{"role": "assistant", "content": ""}, *pieces(details), {"tool_calls": [{"index": 0, **CALL}]}]
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": "tool_calls"})
    frames = [
        b"data: " + orjson.dumps({**HEAD, "object": "chat.completion.chunk", "choices": [choice]}) + b"\n\n"
        for choice in choices
    ]
    return (*frames, b"data: [DONE]\n\n")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider():
    async with FakeProvider() as provider:
        yield provider


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory, provider):
    providers = [
        {"model": model, "base_url": f"{provider.url}/v1", "access_key": "k", "max_retries": 0}
        for model in (ROUTER, CLAUDE)
    ]
    async with running(load(tmp_path_factory.mktemp("details"), config_text(providers))) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sdks():
    sdks = Sdks()
    yield sdks
    await sdks.close()


async def two_turns(sdks, provider, gateway, caller, method, details, models):
    """Ask, send the answer back with the result of its tool, and return what the provider then was sent."""
    provider.script(Answer(raw=whole(details), raw_frames=streamed(details)), Answer.text("18C"))
    asked = {**QUESTIONS[caller], **tools(caller, ("get_weather",))}
    first = await sdks.call(gateway.url, caller, method, blocking=False, model=models[0], **asked)
    asked |= sent_back(first, caller, {"call_1": "18C"})
    await sdks.call(gateway.url, caller, method, blocking=False, model=models[1], **asked)
    return provider.requests[-1].body


@pytest.mark.parametrize("method", ["create", "stream"])
@pytest.mark.parametrize("caller", [RESPONSES, MESSAGES])
@pytest.mark.parametrize("kind", TOLD)
async def test_details_come_back_as_they_were_told(sdks, provider, gateway, kind, caller, method):
    body = await two_turns(sdks, provider, gateway, caller, method, TOLD[kind], (ROUTER, ROUTER))
    answer = next(message for message in body["messages"] if message["role"] == "assistant")
    assert answer["reasoning_details"] == TOLD[kind]
    assert "reasoning_content" not in answer
    assert [call["id"] for call in answer["tool_calls"]] == ["call_1"]


@pytest.mark.parametrize("kind", TOLD)
async def test_a_caller_of_chat_completions_sends_them_back_by_itself(sdks, provider, gateway, kind):
    body = await two_turns(sdks, provider, gateway, CHAT, "create", TOLD[kind], (ROUTER, ROUTER))
    assert body["messages"][1]["reasoning_details"] == TOLD[kind]


async def test_a_vendor_goes_on_from_its_own_proof_that_came_by_way_of_a_router(sdks, provider, gateway):
    body = await two_turns(sdks, provider, gateway, CHAT, "create", [SIGNED], (ROUTER, CLAUDE))
    thinking = body["messages"][1]["content"][0]
    assert thinking == {"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"}


@pytest.mark.parametrize("caller", [RESPONSES, MESSAGES])
async def test_a_routers_details_go_to_nobody_else(sdks, provider, gateway, caller):
    body = await two_turns(sdks, provider, gateway, caller, "create", [SIGNED], (ROUTER, CLAUDE))
    kinds = [block["type"] for block in body["messages"][1]["content"]]
    assert kinds == ["tool_use"]
    assert "c2ln" not in str(body)


async def test_a_session_with_a_routers_details_stays_with_it(tmp_path, sdks, provider):
    """Signed reasoning holds the server that can go on from it, where a route has a model there."""
    entries = [{"model": model, "base_url": f"{provider.url}/v1", "access_key": "k"} for model in (CLAUDE, ROUTER)]
    question = {"role": "user", "content": "Write a Python function that implements binary search"}
    async with running(load(tmp_path, config_text(entries, [CLAUDE, ROUTER]))) as gateway:
        provider.script(Answer(raw=whole([SIGNED])))
        asked = {"model": ROUTER, "max_tokens": 4096, "messages": [question]}
        _, _, answer = await gateway.post("/v1/messages?x=1", {**asked, "routing_preferences": []})
        history = [question, {"role": "assistant", "content": answer["content"]}]
        result = {"type": "tool_result", "tool_use_id": "call_1", "content": "18C"}
        again = {**asked, "model": "auto", "messages": [*history, {"role": "user", "content": [result]}]}
        _, _, decided = await gateway.post("/routing/v1/messages", again)
    assert decided["model"] == ROUTER
