"""A provider's stream, read event by event."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    End,
    Failure,
    Finish,
    FinishReason,
    Signature,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
    Usage,
)
from filters.formats.openai_responses.stream_decode import StreamDecoder
from filters.formats.sse import SseEvent
from tests.support.responses_streams import as_stream, read, read_bytes

CREATED = {"type": "response.created", "response": {"id": "resp_1", "model": "gpt-5", "created_at": 5}}
START = Start("resp_1", "gpt-5", 5)
STOP = Finish(FinishReason.STOP)
CALLED = Finish(FinishReason.TOOL_CALLS)
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": ""}


def completed(**response):
    return {"type": "response.completed", "response": {"status": "completed", "output": [], **response}}


def added(item, index=0):
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(item, index=0):
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def part(kind, index=0, **fields):
    return {"type": f"response.{kind}", "output_index": index, "item_id": f"i{index}", **fields}


def args(delta, index=0):
    return part("function_call_arguments.delta", index, delta=delta)


def between(*events):
    """The neutral events after the start and before the finish."""
    first, *found, finish, end = read(CREATED, *events, completed())
    assert first == START
    assert isinstance(finish, Finish)
    assert end == End()
    return found


def test_a_stream_of_text():
    usage = {"input_tokens": 3, "output_tokens": 2}
    message = {"type": "message", "content": [{"type": "output_text", "text": "hello"}]}
    assert read(
        CREATED,
        {"type": "response.in_progress", "response": {"id": "resp_1"}},
        added({"type": "message", "content": []}),
        part("content_part.added", content_index=0, part={"type": "output_text", "text": ""}),
        part("output_text.delta", delta="hel"),
        part("output_text.delta", delta="lo", logprobs=[{"token": "lo"}]),
        part("output_text.annotation.added", annotation={"type": "url_citation", "url": "https://x"}),
        part("output_text.done", text="hello"),
        done(message),
        completed(usage=usage, output=[message]),
    ) == [
        START,
        TextDelta("hel"),
        TextDelta("lo", logprobs=[{"token": "lo"}]),
        Annotation("https://x", None, raw={"type": "url_citation", "url": "https://x"}),
        BlockEnd(),
        Usage(3, 2),
        STOP,
        End(),
    ]


def test_refusals_and_thinking():
    reasoning = {"type": "reasoning", "id": "rs_1", "encrypted_content": "blob"}
    assert between(
        part("reasoning_summary_part.added", summary_index=0),
        part("reasoning_summary_text.delta", delta="a"),
        part("reasoning_summary_part.added", summary_index=1),
        part("reasoning_summary_text.delta", delta="b"),
        done(reasoning),
        part("reasoning_text.delta", 1, delta="c"),
        done({"type": "reasoning"}, 1),
        part("refusal.delta", 2, delta="no"),
        done({"type": "message"}, 2),
        done({**reasoning, "id": "rs_2"}, 3),
    ) == [
        ThinkingDelta("a"),
        ThinkingDelta("\n\n"),
        ThinkingDelta("b"),
        Signature("openai", "blob", id="rs_1"),
        BlockEnd(),
        ThinkingDelta("c"),
        BlockEnd(),
        TextDelta("no", refusal=True),
        BlockEnd(),
        Signature("openai", "blob", redacted=True, id="rs_2"),
    ]


def test_calls_that_are_open_at_once_are_told_apart():
    second = {**CALL, "type": "custom_tool_call", "call_id": "c2", "name": "g"}
    assert between(
        added(CALL),
        added(second, 1),
        args('{"a"'),
        part("custom_tool_call_input.delta", 1, delta="x"),
        args(":1}"),
        part("custom_tool_call_input.done", 1, input="xy"),
        part("function_call_arguments.done", arguments='{"a":1}'),
        done({**CALL, "arguments": '{"a":1}'}),
        done({**second, "input": "xy"}, 1),
    ) == [
        ToolStart(0, "c1", "f"),
        ToolStart(1, "c2", "g", custom=True),
        ToolArgs(0, '{"a"'),
        ToolArgs(1, "x"),
        ToolArgs(0, ":1}"),
        ToolArgs(1, "y"),
        ToolEnd(1),
        ToolEnd(0),
    ]


FULL = [ToolStart(0, "c1", "f"), ToolArgs(0, '{"a":1}'), ToolEnd(0)]


@pytest.mark.parametrize(
    "events",
    [
        [added(CALL), part("function_call_arguments.done", arguments='{"a":1}'), done(CALL)],
        [added(CALL), done({**CALL, "arguments": '{"a":1}'})],
        [added(CALL), part("function_call_arguments.done", arguments=""), done({**CALL, "arguments": '{"a":1}'})],
        [done({**CALL, "arguments": '{"a":1}'})],
        [args('{"a":1}'), done({**CALL, "arguments": '{"a":1}'})],
        [added({**CALL, "name": None}), args('{"a":1}'), done(CALL)],
        [added({**CALL, "arguments": '{"a":1}'}), done({**CALL, "arguments": '{"a":1}'})],
        [added(CALL), args('{"a":1}')],
        [added(CALL), args('{"a":1}'), done({**CALL, "arguments": '{"a": 1}'}), args("late"), done(CALL)],
    ],
    ids=["done", "item", "item after an empty done", "item alone", "early", "late name", "in added", "no end", "twice"],
)
def test_arguments_arrive_once_however_they_came(events):
    assert between(*events) == FULL
    assert read(CREATED, *events, completed())[-2:] == [CALLED, End()]


def test_a_call_without_arguments():
    assert between(added(CALL), done(CALL)) == [ToolStart(0, "c1", "f"), ToolEnd(0)]


def test_text_that_comes_only_with_its_item():
    message = {"type": "message", "content": [{"type": "output_text", "text": "hi"}]}
    assert between(added({"type": "message"}), done(message)) == [TextDelta("hi"), BlockEnd()]


def test_an_answer_that_comes_only_at_the_end():
    message = {"type": "message", "content": [{"type": "output_text", "text": "hi"}]}
    call = {**CALL, "arguments": '{"a":1}'}
    assert read(completed(id="resp_1", model="m", output=[message, call])) == [
        Start("resp_1", "m"),
        TextDelta("hi"),
        BlockEnd(),
        ToolStart(1, "c1", "f"),
        ToolArgs(1, '{"a":1}'),
        ToolEnd(1),
        CALLED,
        End(),
    ]


def test_items_without_an_index_are_told_apart_by_their_ids():
    first, second = ({**CALL, "id": name, "call_id": name, "arguments": name} for name in ("a", "b"))
    events = [{"type": "response.output_item.done", "item": item} for item in (first, second)]
    assert [event.text for event in between(*events) if isinstance(event, ToolArgs)] == ["a", "b"]


def test_events_that_say_nothing_of_their_item_are_about_the_last_one():
    message = {"type": "message", "id": "m1", "content": [{"type": "output_text", "text": "hi"}]}
    events = [
        {"type": "response.output_item.added", "item": {"type": "message", "id": "m1"}},
        {"type": "response.output_text.delta", "delta": "hi"},
        {"type": "response.output_item.done", "item": message},
        {"type": "response.output_item.done", "item": {**CALL, "id": None}},
    ]
    assert between(*events) == [TextDelta("hi"), BlockEnd(), ToolStart(1, "c1", "f"), ToolEnd(1)]


def test_a_stream_without_a_beginning_is_given_one():
    assert read({"type": "response.output_text.delta", "delta": "hi"}, completed())[:2] == [
        Start("", ""),
        TextDelta("hi"),
    ]


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"reason": "max_output_tokens"}, FinishReason.LENGTH),
        ({"reason": "content_filter"}, FinishReason.CONTENT_FILTER),
    ],
)
def test_an_incomplete_answer_says_why(details, reason):
    response = {"status": "incomplete", "incomplete_details": details}
    events = read(CREATED, part("output_text.delta", delta="x"), {"type": "response.incomplete", "response": response})
    assert events[-2:] == [Finish(reason), End()]


@pytest.mark.parametrize(
    ("event", "status", "message"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slow down"}, 429, "slow down"),
        ({"type": "error", "error": {"code": "server_is_overloaded", "message": "busy"}}, 503, "busy"),
        ({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "oops"}}}, 500, "oops"),
        ({"type": "response.cancelled", "response": {}}, 500, None),
        (["not", "an", "object"], 502, None),
    ],
)
def test_an_error_is_the_last_word(event, status, message):
    *before, failure = read(CREATED, part("output_text.delta", delta="x"), event, completed())
    assert before == [START, TextDelta("x")]
    assert isinstance(failure, Failure)
    assert failure.status == status
    assert message in {None, failure.message}


def test_what_is_no_json_is_a_failure():
    decoder = StreamDecoder()
    (failure,) = decoder.feed(SseEvent("", b"{broken"))
    assert (failure.status, list(decoder.close())) == (502, [])


def test_a_stream_that_is_cut_is_a_failure():
    assert read() == [Failure(502, "the provider's stream ended before its answer was complete")]
    assert isinstance(read(CREATED, added(CALL), args("{}"), done(CALL))[-1], Failure)


def test_nothing_follows_the_end():
    decoder = StreamDecoder()
    for event in (CREATED, completed()):
        list(decoder.feed(SseEvent("", orjson.dumps(event))))
    assert list(decoder.feed(SseEvent("", b"[DONE]"))) == []
    assert list(decoder.feed(SseEvent("", b"{}"))) == []
    assert list(decoder.close()) == [End()]
    assert list(decoder.close()) == []


def test_an_event_may_be_told_by_its_name_alone():
    raw = b'event: response.created\ndata: {"response": {"id": "r", "model": "m"}}\n\n'
    assert read_bytes(raw)[0] == Start("r", "m")


def test_unknown_events_and_the_ones_before_the_first_are_passed_over():
    assert between({"type": "response.web_search_call.searching"}, {"type": "keepalive"}, {}) == []


def test_a_stream_is_read_the_same_in_any_chunks():
    raw = as_stream(CREATED, part("output_text.delta", delta="é"), completed()).replace(b"\n", b"\r\n")
    assert read_bytes(raw) == [START, TextDelta("é"), STOP, End()]


_words = st.sampled_from(["message", "reasoning", "function_call", "x", "completed", "incomplete"])
_values = st.recursive(
    st.none() | st.integers(-9, 9) | st.booleans() | _words,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["type", "id", "call_id", "name", "arguments", "content", "summary", "text", "status"]),
            inner,
        )
    ),
    max_leaves=6,
)
_kinds = st.sampled_from(list(StreamDecoder._HANDLERS))
_fields = st.dictionaries(
    st.sampled_from(["output_index", "item_id", "item", "delta", "arguments", "response", "annotation", "error"]),
    _values,
)


@settings(deadline=None)
@given(st.lists(st.tuples(_kinds, _fields), max_size=8))
def test_any_events_give_one_ending_and_no_exception(events):
    found = read(*({**fields, "type": kind} for kind, fields in events))
    assert sum(isinstance(event, End | Failure) for event in found) == 1
    assert isinstance(found[-1], End | Failure)
    open_calls = [event.key for event in found if isinstance(event, ToolStart)]
    assert len(set(open_calls)) == len(open_calls)
    if isinstance(found[-1], End):
        assert sorted(event.key for event in found if isinstance(event, ToolEnd)) == sorted(open_calls)
