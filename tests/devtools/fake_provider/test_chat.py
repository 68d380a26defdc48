"""Chat Completions, read by the SDK of OpenAI."""

import pytest

from devtools.fake_provider.answers import Answer, Text
from tests.support.fake_answers import HELLO, RICH, TIME, USAGE, WEATHER, events_of, post


async def test_chat_create_gives_everything_at_once(provider, openai):
    provider.script(RICH)
    answer = await openai.chat.completions.create(model="gpt-x", messages=HELLO)
    message = answer.choices[0].message
    assert (answer.model, answer.choices[0].finish_reason, message.content) == ("gpt-x", "tool_calls", "Zürich is ☀")
    assert message.reasoning_content == "Let me see."
    assert [call.function.arguments for call in message.tool_calls] == ['{"city":"Zürich"}', '{"zone":"CET"}', "{}"]
    assert (answer.usage.prompt_tokens, answer.usage.prompt_tokens_details.cached_tokens) == (100, 60)
    assert answer.usage.completion_tokens_details.reasoning_tokens == 25


@pytest.mark.parametrize("interleaved", [False, True])
async def test_the_chat_stream_helper_collects_the_same(provider, openai, interleaved):
    blocks = (Text(("Zürich ", "is ☀")), WEATHER, TIME)
    provider.script(Answer(blocks=blocks, usage=USAGE, interleaved=interleaved))
    options = {"stream_options": {"include_usage": True}}
    async with openai.chat.completions.stream(model="gpt-x", messages=HELLO, **options) as stream:
        answer = await stream.get_final_completion()
    message = answer.choices[0].message
    assert (message.content, answer.choices[0].finish_reason) == ("Zürich is ☀", "tool_calls")
    assert [(call.id, call.function.arguments) for call in message.tool_calls] == [
        ("call_1", '{"city":"Zürich"}'),
        ("call_2", '{"zone":"CET"}'),
    ]
    assert answer.usage.total_tokens == 140


async def test_interleaved_chat_tools_come_in_turn(provider):
    provider.script(Answer.tools(WEATHER, TIME, interleaved=True))
    events = events_of(await post(provider, "/v1/chat/completions", {"messages": HELLO, "stream": True}))
    calls = [event["choices"][0]["delta"].get("tool_calls") for event in events]
    assert [call[0]["index"] for call in calls if call] == [0, 1, 0, 1, 0, 1, 0]


async def test_chat_usage_comes_only_when_asked_for(provider, openai):
    stream = await openai.chat.completions.create(model="m", messages=HELLO, stream=True)
    assert all([chunk.usage is None and chunk.choices async for chunk in stream])
