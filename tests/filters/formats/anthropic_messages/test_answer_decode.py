import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filters.formats.anthropic_messages.answer_decode import decode_answer
from filters.formats.anthropic_messages.stream_decode import StreamDecoder
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
from filters.formats.sse import SseEvent

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["text", "tool_use", "thinking", "hi", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["type", "text", "id", "input", "citations", "error", "usage"]), inner, max_size=4
        )
    ),
    max_leaves=6,
)
KINDS = (
    "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
    "message_stop", "error", "ping",
)  # fmt: skip
JUNK_EVENT = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS)},
    optional=dict.fromkeys(("index", "delta", "content_block", "message", "usage", "error"), JUNK),
)

START = {"type": "message_start", "message": {"id": "m1", "model": "claude", "usage": {"input_tokens": 9}}}
TEXT = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
HI = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}}
STOP_BLOCK = {"type": "content_block_stop", "index": 0}
DELTA = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}}
STOP = {"type": "message_stop"}
LOOK = {"type": "tool_use", "id": "t", "name": "look", "input": {"a": 1}}


def read(*events, close=True):
    decoder = StreamDecoder()
    found = []
    for event in events:
        data = event if isinstance(event, bytes) else orjson.dumps(event)
        found += decoder.feed(SseEvent("", data))
    return found + (list(decoder.close()) if close else [])


def message(*content, reason="end_turn", **fields):
    return {
        "id": "m1", "type": "message", "role": "assistant", "model": "claude", "content": list(content),
        "stop_reason": reason, "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 4}, **fields,
    }  # fmt: skip


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
