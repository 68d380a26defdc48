"""The fake provider speaks as the vendors do: their own SDKs read it, and their own types fit every event."""

import json
from typing import Any

import aiohttp
import pytest
from anthropic import AsyncAnthropic, RateLimitError
from anthropic import types as anthropic_types
from openai import APIError, APIStatusError, AsyncAzureOpenAI, AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from devtools.fake_provider.answers import Answer, Text, Thinking, Tool, Usage
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider

USAGE = Usage(input_tokens=100, output_tokens=40, cache_read=60, cache_write=10, reasoning=25)
WEATHER = Tool("call_1", "get_weather", ('{"city"', ':"Zür', 'ich"}'))
TIME = Tool("call_2", "get_time", ('{"zone":', '"CET"}'))
BARE = Tool("call_3", "ping")
RICH = Answer(blocks=(Thinking(("Let me", " see.")), Text(("Zürich ", "is ☀")), WEATHER, TIME, BARE), usage=USAGE)
ANSWERS = {
    "text": Answer.text("Hel", "lo"),
    "rich": RICH,
    "interleaved": Answer.tools(WEATHER, TIME, interleaved=True),
    "late": Answer.tools(Tool("call_1", "get_weather", ('{"a":', "1}"), late=True), TIME),
    "refusal": Answer(blocks=(Text(("I ", "can't."), refusal=True),)),
    "filtered": Answer.text("I", finish="content_filter"),
    "cut short": Answer.text("one two", finish="length"),
    "redacted": Answer(blocks=(Thinking(redacted=True), Text(("ok",)))),
    "empty": Answer(),
}
HELLO = [{"role": "user", "content": "hello"}]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}]


@pytest.fixture
async def provider():
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def openai(provider):
    async with AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="k", max_retries=0) as client:
        yield client


@pytest.fixture
async def anthropic(provider):
    async with AsyncAnthropic(base_url=provider.url, api_key="k", max_retries=0) as client:
        yield client


async def _post(provider, path: str, body: dict) -> bytes:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{provider.url}{path}", json={"model": "m", "max_tokens": 9} | body) as response,
    ):
        return await response.read()


def _events(stream: bytes) -> list[Any]:
    data = [line[6:] for line in stream.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(item) for item in data if item != "[DONE]"]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize(
    ("path", "question", "whole", "event"),
    [
        ("/v1/chat/completions", {"messages": HELLO}, ChatCompletion, ChatCompletionChunk),
        (
            "/v1/responses",
            {"input": "hello", "include": ["reasoning.encrypted_content"]},
            Response,
            ResponseStreamEvent,
        ),
        ("/v1/messages", {"messages": HELLO}, anthropic_types.Message, anthropic_types.RawMessageStreamEvent),
    ],
    ids=["chat", "responses", "messages"],
)
async def test_every_answer_fits_the_types_of_the_vendor(provider, answer, path, question, whole, event):
    provider.script(answer, answer)
    TypeAdapter(whole).validate_json(await _post(provider, path, question))
    reader = TypeAdapter(event)
    for item in _events(await _post(provider, path, question | {"stream": True})):
        if item["type" if "type" in item else "object"] != "ping":
            reader.validate_python(item)


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
    events = _events(await _post(provider, "/v1/chat/completions", {"messages": HELLO, "stream": True}))
    calls = [event["choices"][0]["delta"].get("tool_calls") for event in events]
    assert [call[0]["index"] for call in calls if call] == [0, 1, 0, 1, 0, 1, 0]


async def test_chat_usage_comes_only_when_asked_for(provider, openai):
    stream = await openai.chat.completions.create(model="m", messages=HELLO, stream=True)
    assert all([chunk.usage is None and chunk.choices async for chunk in stream])


async def test_responses_create_and_stream_agree(provider, openai):
    answer = Answer(blocks=(*RICH.blocks, Tool("call_9", "apply_patch", ("*** Begin", " Patch"), custom=True)))
    provider.script(answer, answer)
    tools = [{"type": "function", "name": "get_weather", "parameters": {"type": "object"}}]
    asked = {
        "model": "o9",
        "input": "hi",
        "include": ["reasoning.encrypted_content"],
        "tools": tools,
        "temperature": 0.5,
    }
    whole = await openai.responses.create(**asked)
    async with openai.responses.stream(**asked) as stream:
        numbers = [event.sequence_number async for event in stream]
        streamed = await stream.get_final_response()
    assert numbers == list(range(len(numbers)))
    assert whole.output_text == streamed.output_text == "Zürich is ☀"
    assert [item.type for item in whole.output] == [item.type for item in streamed.output]
    assert streamed.output[0].encrypted_content == "c2lnbmF0dXJl"
    assert streamed.output[0].summary[0].text == "Let me see."
    assert streamed.output[2].arguments == '{"city":"Zürich"}'
    assert streamed.output[-1].input == "*** Begin Patch"
    assert (streamed.temperature, streamed.tools[0].strict, streamed.usage.total_tokens) == (0.5, True, 19)


@pytest.mark.parametrize(
    ("finish", "status", "why"),
    [("length", "incomplete", "max_output_tokens"), ("content_filter", "incomplete", "content_filter")],
)
async def test_responses_that_end_early_say_why(provider, openai, finish, status, why):
    provider.script(Answer.text("a", finish=finish))
    answer = await openai.responses.create(model="m", input="hi")
    assert (answer.status, answer.incomplete_details.reason) == (status, why)


async def test_a_failed_response_ends_with_its_own_event(provider):
    provider.script(Answer.text("a", finish="failed"))
    events = _events(await _post(provider, "/v1/responses", {"input": "hi", "stream": True}))
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"]["error"]["code"] == "server_error"


async def test_late_arguments_come_only_in_the_done_events(provider):
    provider.script(ANSWERS["late"])
    events = _events(await _post(provider, "/v1/responses", {"input": "hi", "stream": True}))
    first = [event for event in events if event.get("output_index") == 0]
    assert [event["type"] for event in first] == [
        "response.output_item.added",
        "response.function_call_arguments.done",
        "response.output_item.done",
    ]
    assert first[1]["arguments"] == '{"a":1}'


async def test_messages_create_and_stream_agree(provider, anthropic):
    provider.script(RICH, RICH)
    asked = {"model": "claude-x", "max_tokens": 99, "messages": HELLO}
    whole = await anthropic.messages.create(**asked)
    async with anthropic.messages.stream(**asked) as stream:
        streamed = await stream.get_final_message()
    content = [block.model_dump(exclude={"citations", "parsed_output"}) for block in whole.content]
    assert [block.model_dump(exclude={"citations", "parsed_output"}) for block in streamed.content] == content
    assert [block["type"] for block in content] == ["thinking", "text", "tool_use", "tool_use", "tool_use"]
    assert (content[0]["thinking"], content[0]["signature"]) == ("Let me see.", "c2lnbmF0dXJl")
    assert (content[2]["input"], content[4]["input"]) == ({"city": "Zürich"}, {})
    assert whole.stop_reason == streamed.stop_reason == "tool_use"
    assert (streamed.usage.input_tokens, streamed.usage.cache_read_input_tokens) == (30, 60)
    assert (streamed.usage.cache_creation_input_tokens, streamed.usage.output_tokens) == (10, 40)


async def test_messages_name_the_stop_sequence(provider, anthropic):
    provider.script(Answer.text("a", finish="stop_sequence", stop_sequence="END"))
    answer = await anthropic.messages.create(model="m", max_tokens=9, messages=HELLO)
    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "END")


async def test_tokens_can_be_counted(provider, anthropic):
    provider.script(Answer(usage=Usage(input_tokens=31)))
    assert (await anthropic.messages.count_tokens(model="m", messages=HELLO)).input_tokens == 31


async def test_embeddings_differ_with_the_text(provider, openai):
    answer = await openai.embeddings.create(model="e", input=["a", "b"], encoding_format="float")
    assert answer.data[0].embedding != answer.data[1].embedding


async def test_models_are_listed_in_the_shape_of_the_caller(openai, anthropic):
    names = ["fake-small", "fake-large"]
    assert [model.id async for model in openai.models.list()] == names
    assert [model.id async for model in anthropic.models.list()] == names


async def test_azure_names_the_model_in_the_path(provider):
    async with AsyncAzureOpenAI(azure_endpoint=provider.url, api_key="k", api_version="2024-10-21") as client:
        answer = await client.chat.completions.create(model="my-deployment", messages=HELLO)
    assert answer.model == "my-deployment"
    assert provider.requests[0].path == "/openai/deployments/my-deployment/chat/completions"
    assert provider.requests[0].query["api-version"] == "2024-10-21"


@pytest.mark.parametrize("prefix", ["/openai/v1", "/v1beta/openai", ""])
async def test_any_path_prefix_is_served(provider, prefix):
    async with AsyncOpenAI(base_url=provider.url + prefix, api_key="k") as client:
        answer = await client.chat.completions.create(model="m", messages=HELLO)
    assert answer.choices[0].message.content.startswith("You said: hello")


class Weather(BaseModel):
    city: str
    degrees: list[int]


async def test_structured_output_fits_its_schema_in_every_format(openai, anthropic):
    wanted = Weather(city="fake", degrees=[1])
    chat = await openai.chat.completions.parse(model="m", messages=HELLO, response_format=Weather)
    responses = await openai.responses.parse(model="m", input="hi", text_format=Weather)
    messages = await anthropic.messages.parse(model="m", max_tokens=9, messages=HELLO, output_format=Weather)
    assert chat.choices[0].message.parsed == responses.output_parsed == messages.parsed_output == wanted


async def test_a_forced_tool_is_called(openai, anthropic):
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool = {"name": "look", "parameters": schema}
    chat = await openai.chat.completions.create(
        model="m", messages=HELLO, tools=[{"type": "function", "function": tool}], tool_choice="required"
    )
    messages = await anthropic.messages.create(
        model="m",
        max_tokens=9,
        messages=HELLO,
        tools=[{"name": "look", "input_schema": schema}],
        tool_choice={"type": "tool", "name": "look"},
    )
    assert chat.choices[0].message.tool_calls[0].function.arguments == '{"city":"fake"}'
    assert messages.content[0].input == {"city": "fake"}


async def test_errors_have_the_shape_of_the_vendor(provider, openai, anthropic):
    provider.script(Answer.error(429, "Slow down.", retry_after=3), Answer.error(429, "Slow down.", retry_after=3))
    with pytest.raises(APIStatusError) as ours:
        await openai.chat.completions.create(model="m", messages=HELLO)
    with pytest.raises(RateLimitError) as theirs:
        await anthropic.messages.create(model="m", max_tokens=9, messages=HELLO)
    assert (ours.value.code, ours.value.type, ours.value.response.headers["retry-after"]) == (
        "rate_limit_exceeded",
        "requests",
        "3",
    )
    assert theirs.value.body["error"] == {"type": "rate_limit_error", "message": "Slow down."}
    assert theirs.value.request_id


@pytest.mark.parametrize("at", [0, 2])
async def test_an_error_event_after_200_reaches_the_sdk(provider, openai, anthropic, at):
    failing = Answer.text("a", "b", "c", fault=Fault(error_at=at, message="Overloaded"))
    provider.script(failing, failing, failing)
    with pytest.raises(APIError, match="Overloaded"):
        [chunk async for chunk in await openai.chat.completions.create(model="m", messages=HELLO, stream=True)]
    events = [event async for event in await openai.responses.create(model="m", input="hi", stream=True)]
    assert (events[-1].type, events[-1].message, events[-1].sequence_number) == ("error", "Overloaded", at)
    with pytest.raises(Exception, match="overloaded_error"):
        [event async for event in await anthropic.messages.create(model="m", max_tokens=9, messages=HELLO, stream=True)]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/chat/completions", {"model": "m"}, "messages"),
        ("/v1/messages", {"model": "m", "messages": HELLO}, "max_tokens"),
        ("/v1/responses", {"input": "hi"}, "model"),
    ],
)
async def test_a_request_that_the_vendor_would_refuse_is_refused(provider, path, body, field):
    async with aiohttp.ClientSession() as session, session.post(provider.url + path, json=body) as response:
        assert response.status == 400
        assert field in (await response.json())["error"]["message"]
