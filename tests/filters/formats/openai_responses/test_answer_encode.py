import pytest
from openai.types.responses import Response

from filters.formats.canonical.events import (
    End,
    Finish,
    FinishReason,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
    Usage,
)
from filters.formats.canonical.request import Tool
from filters.formats.openai_responses.answer_encode import encode_answer
from tests.support.responses_streams import request

EVENTS = [
    Start("resp_0123456789abcdef", "m", 1),
    ThinkingDelta("hm"),
    TextDelta("hi"),
    ToolStart(0, "call_1", "find"),
    ToolArgs(0, '{"query":"x"}'),
    ToolEnd(0),
    Usage(3, 4),
    Finish(FinishReason.TOOL_CALLS),
    End(),
]


def test_a_whole_answer_is_the_response_that_a_stream_ends_with():
    answer = encode_answer(EVENTS, request())
    Response.model_validate(answer, strict=True)
    assert [item["type"] for item in answer["output"]] == ["reasoning", "message", "function_call"]
    assert (answer["status"], answer["usage"]["total_tokens"]) == ("completed", 7)


def test_a_search_of_the_clients_is_an_item_of_its_own():
    answer = encode_answer(EVENTS, request(tools=[Tool("find", search=True)]))
    assert answer["output"][-1] | {"id": ""} == {
        "id": "",
        "type": "tool_search_call",
        "execution": "client",
        "call_id": "call_1",
        "status": "completed",
        "arguments": {"query": "x"},
    }


@pytest.mark.parametrize(("names", "told"), [({"find": "files.find"}, "files.find"), ({}, "find")])
def test_a_tool_is_called_by_the_callers_own_name(names, told):
    assert encode_answer(EVENTS, request(tool_names=names))["output"][-1]["name"] == told
