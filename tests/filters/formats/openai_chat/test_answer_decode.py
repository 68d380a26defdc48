import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.formats.canonical.events import (
    End,
    Failure,
    Finish,
    FinishReason,
    Start,
    TextDelta,
)
from filters.formats.openai_chat.answer_decode import decode_answer
from tests.support.chat_streams import DONE, call, chunk, decode

START = Start("c1", "m", 5)
STOP = [Finish(FinishReason.STOP), End()]
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}

SCALARS = st.none() | st.booleans() | st.integers(-3, 600) | st.floats(allow_nan=False) | st.text(max_size=3)
NAMES = st.sampled_from([
    "id", "choices", "delta", "message", "index", "content", "tool_calls", "function", "name", "arguments", "type",
    "text", "finish_reason", "usage", "error", "logprobs", "annotations", "url_citation", "reasoning", "thinking",
    "x_groq", "prompt_tokens", "completion_tokens_details", "refusal", "function_call", "custom", "object", "created",
    "stop_reason",
])  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=20
)
CHUNKS = st.fixed_dictionaries({"choices": st.lists(st.dictionaries(NAMES, JSON), max_size=2)}) | JSON


def whole(message=None, finish="stop", **more):
    choice = {"index": 0, "message": {"role": "assistant", **(message or {})}, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion", "created": 5, "model": "m", "choices": [choice], **more}


def failed(events):
    assert [type(event) for event in events if isinstance(event, End | Failure)] == [Failure]
    return events[-1]


@given(CHUNKS)
def test_any_whole_json_ends_once_and_never_raises(body):
    events = list(decode_answer(body))
    assert [isinstance(event, End | Failure) for event in events].count(True) == 1
    assert isinstance(events[-1], End | Failure)


def test_a_whole_answer_means_the_same_as_its_stream():
    function = {"name": "f", "arguments": '{"x":1}'}
    message = {
        "reasoning_content": "hm",
        "content": "so",
        "tool_calls": [{"id": "a", "type": "function", "function": function}],
    }
    streamed = [
        chunk({"reasoning_content": "hm"}), chunk({"content": "so"}), call(0, "a", "f", '{"x":1}'),
        chunk(finish="tool_calls"), {"choices": [], "usage": USAGE}, DONE,
    ]  # fmt: skip
    assert list(decode_answer(whole(message, "tool_calls", usage=USAGE))) == decode(*streamed)


def test_a_whole_answer_may_leave_out_the_reason():
    assert list(decode_answer(whole({"content": "a"}, None))) == [START, TextDelta("a"), *STOP]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error": {"message": "x", "code": 429}}, 429),
        (whole(finish="error"), 502),
        ({"choices": []}, 502),
        ({"choices": [{}]}, 502),
        ({}, 502),
        ([], 502),
    ],
)
def test_a_whole_answer_that_is_none_is_a_failure(body, status):
    assert failed(list(decode_answer(body))).status == status


def test_messages_of_failures_do_not_quote_the_answer():
    assert "secret" not in failed(decode(orjson.dumps({"choices": [{"delta": {"content": ["secret"]}}]}))).message
