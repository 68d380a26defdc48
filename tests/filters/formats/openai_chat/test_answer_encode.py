import pytest

from filters.formats.canonical.events import (
    Annotation,
    Failure,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
)
from filters.formats.canonical.request import Request, Tool
from filters.formats.openai_chat.answer_encode import encode_answer
from tests.support.chat_events import ASKED, CALLS, QUIET, TEXT, TOOLS, accumulated, calls_of
from tests.support.openai_types import check_chat_answer


def test_a_whole_answer_is_the_sum_of_its_stream():
    for events in (TEXT, TOOLS):
        whole, streamed = check_chat_answer(encode_answer(events, ASKED)), accumulated(events)
        assert whole.choices[0].message.content == streamed.choices[0].message.content
        assert whole.choices[0].finish_reason == streamed.choices[0].finish_reason
        assert whole.usage == streamed.usage
        assert (whole.id, whole.model, whole.created) == (streamed.id, streamed.model, streamed.created)
    assert calls_of(check_chat_answer(encode_answer(TOOLS, ASKED)).choices[0].message) == CALLS


def test_a_whole_answer_holds_thinking_and_citations():
    cited = Annotation("https://x", "t", 0, 2)
    body = encode_answer([TEXT[0], ThinkingDelta("h"), ThinkingDelta("m"), TextDelta("so"), cited, *TEXT[-2:]], QUIET)
    message = check_chat_answer(body).choices[0].message
    assert body["choices"][0]["message"]["reasoning_content"] == "hm"
    assert message.annotations[0].url_citation.url == "https://x"


def test_a_whole_answer_without_text_has_null_content():
    body = encode_answer([TEXT[0], ToolStart(0, "a", "f"), ToolEnd(0), *TEXT[-2:]], QUIET)
    message = body["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (None, None)
    assert body["choices"][0]["logprobs"] is None


def test_a_whole_answer_gives_a_custom_call_as_free_text():
    request = Request("asked", [], tools=[Tool("patch", custom=True)])
    events = [TEXT[0], ToolStart(0, "a", "patch"), ToolArgs(0, '{"input":"+a"}'), ToolEnd(0), *TEXT[-2:]]
    (call,) = check_chat_answer(encode_answer(events, request)).choices[0].message.tool_calls
    assert (call.type, call.custom.name, call.custom.input) == ("custom", "patch", "+a")


def test_a_failure_is_no_whole_answer():
    with pytest.raises(ValueError, match="a failure is not an answer"):
        encode_answer([TEXT[0], Failure(500, "x")], ASKED)
