import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.formats.anthropic_messages.answer_decode import decode_answer
from filters.formats.anthropic_messages.stream_decode import StreamDecoder
from filters.formats.canonical.events import (
    BlockEnd,
    End,
    Failure,
    Finish,
    FinishReason,
    Ping,
    Start,
    TextDelta,
    Usage,
)
from filters.formats.sse import SseEvent
from tests.support.messages_streams import (
    CALM,
    DELTA,
    HI,
    JUNK_EVENT,
    LOOK,
    START,
    STOP,
    STOP_BLOCK,
    TEXT,
    message,
    read,
)


def test_a_stream():
    assert read(START, TEXT, {"type": "ping"}, HI, STOP_BLOCK, DELTA, STOP) == [
        Start("m1", "claude"),
        Usage(9),
        Ping(),
        TextDelta("hi"),
        BlockEnd(),
        Usage(9, 4),
        Finish(FinishReason.STOP),
        End(),
    ]


def test_the_name_of_an_event_counts_where_its_data_has_no_type():
    decoder = StreamDecoder()
    assert list(decoder.feed(SseEvent("ping", b"{}"))) == [Ping()]


def test_what_is_sent_twice_counts_once():
    events = read(START, START, TEXT, HI, STOP_BLOCK, STOP_BLOCK, DELTA, STOP, STOP)
    assert [type(event) for event in events].count(Start) == 1
    assert events[-2:] == [Finish(FinishReason.STOP), End()]


def test_unknown_events_and_fields_mean_nothing():
    extended = {**HI, "delta": {**HI["delta"], "new": 1}, "p": "x"}
    unknown = ({"type": "message_annotation"}, {"type": ["x"]}, {"no": "type"})
    assert read(START, *unknown, TEXT, extended, {**HI, "delta": {"type": "new_delta", "x": 1}}, DELTA, STOP) == [
        *read(START, TEXT, HI, DELTA, STOP)
    ]


def test_openrouters_usage_is_that_of_the_delta():
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 0, "output_tokens": 0}}}
    delta = {**DELTA, "usage": {"input_tokens": 20, "output_tokens": 7}}
    assert [event for event in read(start, delta, STOP) if isinstance(event, Usage)][-1] == Usage(20, 7)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end_turn", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("stop_sequence", FinishReason.STOP_SEQUENCE),
        ("tool_use", FinishReason.TOOL_CALLS),
        ("pause_turn", FinishReason.PAUSE),
        ("refusal", FinishReason.CONTENT_FILTER),
        ("compaction", FinishReason.STOP),
        (None, FinishReason.STOP),
    ],
)
def test_stop_reasons(reason, expected):
    assert Finish(expected) in read(START, {**DELTA, "delta": {"stop_reason": reason}}, STOP)
    assert Finish(expected) in list(decode_answer(message(reason=reason)))


def test_the_stop_sequence_is_told():
    delta = {**DELTA, "delta": {"stop_reason": "stop_sequence", "stop_sequence": "END"}}
    assert Finish(FinishReason.STOP_SEQUENCE, "END") in read(START, delta, STOP)


def test_an_answer_that_called_tools_ended_for_them():
    start = {"type": "content_block_start", "index": 0, "content_block": LOOK}
    assert Finish(FinishReason.TOOL_CALLS) in read(START, start, STOP_BLOCK, DELTA, STOP)
    assert Finish(FinishReason.LENGTH) in list(decode_answer(message(LOOK, reason="max_tokens")))


@pytest.mark.parametrize("cut", range(5))
def test_a_stream_that_breaks_off_is_a_failure(cut):
    events = read(*(START, TEXT, HI, STOP_BLOCK, DELTA)[:cut])
    assert isinstance(events[-1], Failure)
    assert events[-1].status == 502
    assert not any(isinstance(event, Finish | End) for event in events)


def test_a_stream_that_said_why_the_answer_ended_is_complete_without_its_last_event():
    assert read(START, TEXT, HI, STOP_BLOCK, DELTA) == read(START, TEXT, HI, STOP_BLOCK, DELTA, STOP)


def test_blocks_still_open_end_with_the_answer():
    events = read(START, TEXT, HI, STOP)
    assert events[-3:] == [BlockEnd(), Finish(FinishReason.STOP), End()]


@pytest.mark.parametrize("before", [(), (START, TEXT, HI)])
def test_an_error_event_is_a_failure_and_the_end(before):
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    events = read(*before, error, HI, STOP)
    assert events[-1] == Failure(529, "Overloaded", kind="overloaded_error")
    assert sum(isinstance(event, Failure | End) for event in events) == 1


@pytest.mark.parametrize("data", [b"{", b"<html>", b"[]", b"3"])
def test_malformed_events_are_a_failure(data):
    events = read(START, data, HI)
    assert isinstance(events[-1], Failure)
    assert not isinstance(events[-2], TextDelta)


def test_a_done_mark_means_nothing():
    assert read(START, STOP, b"[DONE]")[-1] == End()
    assert isinstance(read(START, b"[DONE]")[-1], Failure)


def test_an_end_before_the_start_is_a_failure():
    assert [type(event) for event in read(STOP)] == [Failure]


def test_an_answer_whose_start_was_never_sent_starts_all_the_same():
    assert read(TEXT, HI, STOP)[:2] == [Start("", ""), TextDelta("hi")]
    assert read(HI, STOP)[:2] == [Start("", ""), TextDelta("hi")]
    assert read({"type": "message_start"}, HI, STOP)[:2] == [Start("", ""), TextDelta("hi")]


@given(st.lists(JUNK_EVENT, max_size=8))
@settings(CALM, max_examples=60)
def test_no_event_makes_the_decoder_raise_and_every_stream_has_one_end(events):
    found = read(*events)
    assert sum(isinstance(event, Failure | End) for event in found) == 1
    assert isinstance(found[-1], Failure | End)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ([], "the provider's stream ended before the answer was complete"),
        ([START, TEXT, HI], "the provider's stream ended before the answer was complete"),
        ([STOP], "the provider's stream ended before the answer began"),
    ],
)
def test_a_stream_that_ends_too_early_says_how_far_it_came(sent, told):
    assert read(*sent)[-1] == Failure(502, told, kind="api_error")


@pytest.mark.parametrize("index", [None, "0", 0.5, []])
def test_a_block_without_a_place_of_its_own_is_read_all_the_same(index):
    events = read(START, {**TEXT, "index": index}, {**HI, "index": index}, {**STOP_BLOCK, "index": index}, DELTA, STOP)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "hi"
    assert isinstance(events[-1], End)


def test_blocks_that_are_open_at_once_are_told_apart_by_their_places():
    call = {"type": "content_block_start", "index": 1, "content_block": {**LOOK, "input": {}}}
    args = {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{}"}}
    events = read(START, TEXT, call, args, HI, {**STOP_BLOCK, "index": 1}, STOP_BLOCK, DELTA, STOP)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["hi"]
    assert Finish(FinishReason.TOOL_CALLS) in events
