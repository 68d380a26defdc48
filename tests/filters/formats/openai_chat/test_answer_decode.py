import orjson
import pytest
from hypothesis import given

from filters.formats.canonical.events import (
    End,
    Failure,
    TextDelta,
)
from filters.formats.openai_chat.answer_decode import decode_answer
from tests.support.chat_answers import CHUNKS, START, STOP, USAGE, failed, whole
from tests.support.chat_streams import DONE, call, chunk, decode


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
