"""Responses, read by the SDK of OpenAI."""

import pytest

from devtools.fake_provider.answers import Answer, Tool
from tests.support.fake_answers import ANSWERS, RICH, events_of, post


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
    events = events_of(await post(provider, "/v1/responses", {"input": "hi", "stream": True}))
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"]["error"]["code"] == "server_error"


async def test_late_arguments_come_only_in_the_done_events(provider):
    provider.script(ANSWERS["late"])
    events = events_of(await post(provider, "/v1/responses", {"input": "hi", "stream": True}))
    first = [event for event in events if event.get("output_index") == 0]
    assert [event["type"] for event in first] == [
        "response.output_item.added",
        "response.function_call_arguments.done",
        "response.output_item.done",
    ]
    assert first[1]["arguments"] == '{"a":1}'


async def test_calls_that_only_responses_has(provider, openai):
    calls = (
        Tool("call_1", "find", ("{}",), namespace="crm"),
        Tool("call_2", "tool_search", ('{"query":"x"}',), search=True),
    )
    provider.script(Answer.tools(*calls), Answer.tools(*calls))
    whole = await openai.responses.create(model="m", input="hi")
    async with openai.responses.stream(model="m", input="hi") as stream:
        kinds = [event.type async for event in stream]
        streamed = await stream.get_final_response()
    for answer in (whole, streamed):
        found, searched = answer.output
        assert (found.namespace, found.name) == ("crm", "find")
        assert (searched.type, searched.execution, searched.call_id) == ("tool_search_call", "client", "call_2")
        assert searched.arguments == {"query": "x"}
    assert kinds.count("response.function_call_arguments.delta") == 1
