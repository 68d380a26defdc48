"""Threads of Messages and conversations of Responses are gone on with where they are kept, or else clients are told.

The Anthropic SDK's tool runner is the client that uses threads, by default.
"""

import anthropic
import openai
import orjson
import pytest
from aiohttp import web
from anthropic import beta_async_tool

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import CODE, config_text, load, running
from tests.support.upstream import upstream

SMALL, BIG, OTHER = "openai/gpt-4o-mini", "anthropic/claude-opus-4-8", "second/claude-opus-4-8"
USE = {"type": "tool_use", "id": "toolu_1", "name": "lookup", "input": {"word": "binary search"}}


@beta_async_tool
async def lookup(word: str) -> str:
    """Look a word up.

    Args:
        word: The word.
    """
    return f"{word} halves"


def keeper(prefix):
    """An Anthropic that keeps threads: it knows its own messages, and no others."""
    kept = {}

    async def reply(request):
        body = orjson.loads(await request.read())
        thread = body.get("thread") or {}
        messages = body["messages"]
        if thread.get("type") == "continue":
            if thread["previous_message_id"] not in kept:
                details = {"error_code": "thread_not_found"}
                error = {"type": "not_found_error", "message": "no such thread", "details": details}
                return web.json_response({"type": "error", "error": error}, status=404)
            messages = kept[thread["previous_message_id"]] + messages
        answered = any("tool_result" in orjson.dumps(message).decode() for message in messages)
        content = [{"type": "text", "text": f"{prefix} knows {len(messages)} messages"}] if answered else [USE]
        ident = f"msg_{prefix}_{len(kept)}"
        kept[ident] = [*messages, {"role": "assistant", "content": content}]
        return web.json_response({
            "id": ident, "type": "message", "role": "assistant", "model": body["model"], "content": content,
            "stop_reason": "end_turn" if answered else "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1},
        })  # fmt: skip

    return upstream(reply)


async def run(url, model="auto"):
    async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0) as client:
        asked = {"max_tokens": 999, "tools": [lookup], "messages": [{"role": "user", "content": CODE}]}
        message = await client.beta.messages.tool_runner(model=model, **asked).until_done()
    return message.content[0].text


def asked(provider):
    return [orjson.loads(came.body) for came in provider.requests]


async def test_a_thread_stays_with_the_provider_that_keeps_it_whatever_is_decided(tmp_path):
    """The second request has no word of the user's, so that no route matches it, and the default keeps no threads."""
    async with FakeProvider() as small, keeper("first") as first:
        providers = [
            {"model": SMALL, "base_url": small.url, "access_key": "k", "default": "true"},
            {"model": BIG, "base_url": first.url, "access_key": "k"},
        ]
        async with running(load(tmp_path, config_text(providers, [BIG]))) as gateway:
            assert await run(gateway.url) == "first knows 3 messages"
        assert [len(body["messages"]) for body in asked(first)] == [1, 1]
        assert small.requests == []


async def test_a_thread_goes_to_no_other_provider_of_the_same_format(tmp_path):
    async with keeper("first") as first, keeper("second") as second:
        providers = [
            {
                "model": OTHER,
                "base_url": second.url,
                "access_key": "k",
                "default": "true",
                "provider_interface": "claude",
            },
            {"model": BIG, "base_url": first.url, "access_key": "k"},
        ]
        async with running(load(tmp_path, config_text(providers, [BIG]))) as gateway:
            assert await run(gateway.url) == "first knows 3 messages"
        assert second.requests == []


async def test_where_nobody_can_keep_one_the_client_sends_everything(tmp_path):
    def play(request):
        said = request.body["messages"]
        calls = [{"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": '{"word": "x"}'}}]
        message = {"role": "assistant", "content": f"small knows {len(said)} messages"}
        if not any(each["role"] == "tool" for each in said):
            message = {"role": "assistant", "content": None, "tool_calls": calls}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return Answer(
            raw=orjson.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})
        )

    async with FakeProvider(default=play) as small:
        providers = [{"model": SMALL, "base_url": small.url, "access_key": "k", "formats": "[openai_chat]"}]
        async with running(load(tmp_path, config_text(providers))) as gateway:
            assert await run(gateway.url) == "small knows 3 messages"


async def test_a_thread_that_the_gateway_does_not_know_is_refused_so_that_the_client_sends_everything(tmp_path):
    async with FakeProvider() as small:
        providers = [{"model": SMALL, "base_url": small.url, "access_key": "k", "formats": "[openai_chat]"}]
        body = {"max_tokens": 9, "messages": [], "thread": {"type": "continue", "previous_message_id": "msg_9"}}
        body["messages"] = [
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "18C"}]}
        ]
        async with running(load(tmp_path, config_text(providers))) as gateway:
            status, _, answer = await gateway.post("/v1/messages", body)
    assert (status, answer["error"]["details"]) == (404, {"error_code": "thread_not_found"})


@pytest.mark.parametrize("conversation", ["conv_1", {"id": "conv_1"}])
async def test_a_conversation_stays_where_it_was_first_gone_on_with(tmp_path, conversation):
    async with FakeProvider() as one, FakeProvider() as two:
        providers = [
            {"model": "one/gpt", "base_url": one.url, "provider_interface": "chatgpt", "default": "true"},
            {"model": "two/gpt", "base_url": two.url, "provider_interface": "chatgpt"},
        ]
        async with running(load(tmp_path, config_text(providers, ["two/gpt"]))) as gateway:
            client = openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key="k", max_retries=0)
            for said in (CODE, "Thanks", "And now?"):
                await client.responses.create(model="auto", input=said, conversation=conversation)
            await client.close()
        assert (len(one.requests), len(two.requests)) == (0, 3)
