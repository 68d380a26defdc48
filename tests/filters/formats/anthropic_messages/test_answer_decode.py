import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.formats.anthropic_messages.answer_decode import decode_answer
from filters.formats.canonical.events import (
    BlockEnd,
    End,
    Failure,
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
from tests.support.messages_streams import CALM, JUNK, LOOK, message


def test_a_whole_answer_is_the_stream_that_says_the_same():
    content = ({"type": "thinking", "thinking": "hm", "signature": ""}, {"type": "text", "text": "hi"}, LOOK)
    assert list(decode_answer(message(*content))) == [
        Start("m1", "claude"),
        Usage(9, 4),
        ThinkingDelta("hm"),
        BlockEnd(),
        TextDelta("hi"),
        BlockEnd(),
        ToolStart(0, "t", "look"),
        ToolArgs(0, '{"a":1}'),
        ToolEnd(0),
        Finish(FinishReason.TOOL_CALLS),
        End(),
    ]


@pytest.mark.parametrize("body", [{}, {"content": "hi"}, {"content": None, "id": "m"}])
def test_a_whole_answer_without_content_is_a_failure(body):
    assert [type(event) for event in decode_answer(body)] == [Failure]


def test_an_error_that_came_with_status_200_is_a_failure():
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    assert list(decode_answer(body)) == [Failure(429, "slow down", kind="rate_limit_error")]


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("content", "type", "error", "usage", "stop_reason"), JUNK)))
@settings(CALM, max_examples=60)
def test_no_whole_answer_makes_the_decoder_raise(body):
    assert isinstance(list(decode_answer(body))[-1], Failure | End)
