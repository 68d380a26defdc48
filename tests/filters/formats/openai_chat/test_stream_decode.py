import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.formats.canonical.events import (
    Annotation,
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
from filters.formats.openai_chat.stream_decode import StreamDecoder
from filters.formats.sse import SseEvent
from tests.support.chat_answers import CHUNKS, START, STOP, USAGE, failed
from tests.support.chat_streams import DONE, call, chunk, decode


def test_an_answer_streams():
    assert decode(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "a"}),
        chunk({"content": "b"}),
        chunk(finish="stop"),
        DONE,
    ) == [START, TextDelta("a"), TextDelta("b"), *STOP]


def test_a_stream_that_said_why_it_stopped_may_end_without_the_end_mark():
    assert decode(chunk({"content": "a"}), chunk(finish="length")) == [
        START, TextDelta("a"), Finish(FinishReason.LENGTH), End(),
    ]  # fmt: skip


def test_the_end_mark_is_enough_where_no_reason_was_given():
    assert decode(chunk({"content": "a"}), DONE) == [START, TextDelta("a"), *STOP]


@pytest.mark.parametrize("sent", [[chunk({"content": "a"})], [call(0, "a", "f", "{}")], [chunk()]])
def test_a_stream_that_just_ends_is_a_failure(sent):
    failure = failed(decode(*sent))
    assert (failure.status, failure.kind) == (502, "api_error")


@pytest.mark.parametrize("sent", [[], [DONE], [chunk(choices=[]), DONE], [{"choices": [], "usage": USAGE}, DONE]])
def test_a_stream_without_an_answer_is_a_failure(sent):
    assert failed(decode(*sent)).status == 502


def test_nothing_follows_the_end_or_a_failure():
    assert decode(chunk(finish="stop"), DONE, chunk({"content": "late"}), DONE) == [START, *STOP]
    assert failed(decode({"error": {"message": "x"}}, chunk({"content": "late"}), DONE)).message == "x"


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "busy", "type": "overloaded_error", "code": 503}},
        {"object": "error", "message": "busy", "type": "x", "code": 503},
        {**chunk({"content": ""}, "error"), "error": {"code": 503, "message": "busy"}},
    ],
)
def test_an_error_in_the_stream_is_a_failure(error):
    failure = failed(decode(chunk({"content": "a"}), error, DONE))
    assert (failure.status, failure.message, failure.kind) == (503, "busy", "overloaded_error")


def test_an_error_event_is_a_failure_whatever_it_holds():
    decoder = StreamDecoder()
    (failure,) = decoder.feed(SseEvent("error", b'{"message": "gone", "code": 500}'))
    assert failure == Failure(500, "gone", "api_error")
    assert list(decoder.close()) == []


@pytest.mark.parametrize("reason", ["error", "abort", "network_error", "insufficient_system_resource"])
def test_a_reason_that_says_it_broke_off_is_a_failure(reason):
    assert failed(decode(chunk({"content": "a"}), chunk(finish=reason), DONE)).status == 502


def test_empty_choices_before_the_answer_begin_nothing():
    azure = {"id": "", "model": "", "choices": [], "created": 0, "prompt_filter_results": [{}]}
    assert decode(azure, chunk({"content": "a"}), chunk(finish="stop"), DONE) == [START, TextDelta("a"), *STOP]


def test_usage_is_merged_and_told_once():
    sent = [
        chunk({"content": "a"}, usage={"prompt_tokens": 9, "completion_tokens": 1}),
        chunk({"content": "b"}, usage={"prompt_tokens": 9, "completion_tokens": 2}),
        chunk(finish="stop", usage=None),
        {"id": "c1", "choices": [], "usage": USAGE},
        DONE,
    ]
    assert [event for event in decode(*sent) if isinstance(event, Usage)] == [Usage(9, 3, 4)]


@pytest.mark.parametrize("place", ["groq", "moonshot"])
def test_usage_is_found_where_some_servers_put_it(place):
    last = chunk(finish="stop", x_groq={"usage": USAGE}) if place == "groq" else chunk(finish="stop")
    if place == "moonshot":
        last["choices"][0]["usage"] = USAGE
    assert decode(chunk({"content": "a"}), last, DONE)[2] == Usage(9, 3, 4)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", FinishReason.STOP),
        ("eos", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("model_length", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("tool_calls", FinishReason.STOP),
    ],
)
def test_reasons_for_text(reason, finish):
    assert decode(chunk({"content": "a"}), chunk(finish=reason), DONE)[-2] == Finish(finish)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("tool_calls", FinishReason.TOOL_CALLS),
        ("function_call", FinishReason.TOOL_CALLS),
        ("stop", FinishReason.TOOL_CALLS),
        ("length", FinishReason.LENGTH),
    ],
)
def test_reasons_for_tool_calls(reason, finish):
    assert decode(call(0, "a", "f", "{}"), chunk(finish=reason), DONE)[-2] == Finish(finish)


def test_a_stop_string_that_the_server_names_is_told():
    last = chunk(finish="stop")
    last["choices"][0]["stop_reason"] = "END"
    assert decode(chunk({"content": "a"}), last, DONE)[-2] == Finish(FinishReason.STOP_SEQUENCE, "END")


def test_a_refusal_is_told_by_its_text_and_ends_as_it_does_at_openai():
    assert decode(chunk({"refusal": "no"}), chunk(finish="stop"), DONE) == [
        START, TextDelta("no", refusal=True), Finish(FinishReason.STOP), End(),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "delta", [{"reasoning_content": "hm"}, {"reasoning": "hm"}, {"reasoning": "hm", "reasoning_content": "hm"}]
)
def test_thinking_goes_by_two_names(delta):
    assert decode(chunk({**delta, "content": None}), chunk(finish="stop"), DONE)[1:-2] == [ThinkingDelta("hm")]


def test_mistrals_parts_are_thinking_and_text():
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "so"},
        {"type": "x"},
    ]
    assert decode(chunk({"content": parts}), DONE)[1:-2] == [ThinkingDelta("hm"), TextDelta("so")]


def test_tool_calls_end_when_the_answer_does():
    assert decode(call(0, "a", "f", ""), call(0, arguments='{"x":1}'), chunk(finish="tool_calls"), DONE) == [
        START, ToolStart(0, "a", "f"), ToolArgs(0, '{"x":1}'), ToolEnd(0), Finish(FinishReason.TOOL_CALLS), End(),
    ]  # fmt: skip


def test_the_call_of_an_older_server_is_a_tool_call():
    sent = [
        chunk({"function_call": {"name": "f"}}),
        chunk({"function_call": {"arguments": "{}"}}),
        chunk(finish="function_call"),
    ]
    assert [type(event) for event in decode(*sent)] == [Start, ToolStart, ToolArgs, ToolEnd, Finish, End]


def test_annotations_and_logprobs_are_carried():
    cited = {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 0, "end_index": 3}}
    tokens = [{"token": "a", "logprob": -1, "bytes": None, "top_logprobs": []}]
    first = chunk({"content": "a", "annotations": [cited, {"type": "odd"}]})
    first["choices"][0]["logprobs"] = {"content": tokens, "refusal": None}
    assert decode(first, DONE)[1:-2] == [
        TextDelta("a", logprobs=tokens),
        Annotation("u", "t", 0, 3, cited),
        Annotation(None, None, raw={"type": "odd"}),
    ]


def test_other_choices_are_not_mixed_into_the_first():
    second = {"index": 1, "delta": {"content": "other"}, "finish_reason": "stop"}
    both = chunk({"content": "a"})
    both["choices"].append(second)
    assert decode(both, chunk(finish="stop"), DONE) == [START, TextDelta("a"), *STOP]


@pytest.mark.parametrize(
    "sent",
    [
        b"{not json", b"", b"\xff", b"3", b"[]", chunk(choices={}), chunk(choices=["x"]), chunk({"content": 5}),
        chunk("x"), chunk({"content": ["x"]}), chunk({"tool_calls": {}}), chunk({"tool_calls": [{"function": "x"}]}),
        chunk({"annotations": 3}), {**chunk(), "usage": 5}, {**chunk(), "id": 7}, chunk(finish=3),
    ],
)  # fmt: skip
def test_malformed_events_are_failures(sent):
    failure = failed(
        decode(chunk({"content": "a"}) if "id" not in sent else DONE, sent) if isinstance(sent, dict) else decode(sent)
    )
    assert failure.status == 502


def test_what_came_before_a_malformed_piece_is_given():
    assert [type(event) for event in decode(chunk({"content": "a", "tool_calls": 3}))] == [Start, TextDelta, Failure]


def test_a_tool_call_that_never_gets_a_name_is_a_failure():
    assert failed(decode(call(0, "a", None, "{}"), chunk(finish="tool_calls"), DONE)).message.endswith("without a name")


@given(st.lists(CHUNKS, max_size=5), st.booleans())
def test_any_json_ends_once_and_never_raises(sent, done):
    events = decode(*sent, *([DONE] if done else []))
    assert [isinstance(event, End | Failure) for event in events].count(True) == 1
    assert isinstance(events[-1], End | Failure)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (chunk(usage=3), "usage that is no object"),
        ({"choices": 3}, "choices that is no list"),
        ({"choices": [3]}, "a choice that is no object"),
        (chunk(3), "a delta that is no object"),
        (chunk({"content": {"a": 1}}), "a value that should be text"),
        (chunk({"annotations": 3}), "annotations that is no list"),
        (chunk({"reasoning_details": 3}), "reasoning_details that is no list"),
        (chunk({"tool_calls": [{"index": 0, "function": 3}]}), "a tool call that is no object"),
        (b"{", "an event that is not JSON"),
        (b"[]", "an event that is no object"),
    ],
)
def test_what_a_provider_should_not_send_is_named(sent, told):
    failure = failed(decode(sent, chunk(finish="stop"), DONE))
    assert (failure.status, failure.message) == (502, f"the provider sent {told}")


def test_a_stream_that_ends_early_says_how_far_it_came():
    assert failed(decode()).message == "the provider sent no answer"
    assert failed(decode(chunk({"content": "a"}))).message == "the provider sent an answer that broke off"
    assert decode(chunk({"content": "a"}), DONE)[-2:] == STOP, "it said that it was done"


SHOWN = {"type": "reasoning.text", "text": "hm", "signature": "s", "index": 0}
HIDDEN = {"type": "reasoning.encrypted", "data": "x", "index": 0}


def kinds(*deltas):
    """The events between the start and the finish, as short words; thinking with its text."""
    events = decode(*[chunk(delta) for delta in deltas], chunk(finish="stop"), DONE)
    return [
        event.text if isinstance(event, ThinkingDelta)
        else f"proof{' alone' if event.redacted else ''}" if isinstance(event, Signature)
        else type(event).__name__
        for event in events[1:-2]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("deltas", "told"),
    [
        ([{"reasoning_details": [SHOWN]}, {"content": "so"}], ["hm", "proof", "TextDelta"]),
        ([{"reasoning_details": [SHOWN]}], ["hm", "proof"]),
        ([{"reasoning_details": [HIDDEN]}, {"content": "so"}], ["proof alone", "TextDelta"]),
        ([{"reasoning": "hm", "reasoning_details": [SHOWN]}, {"content": "so"}], ["hm", "proof", "TextDelta"]),
        ([{"reasoning": "hm"}, {"reasoning_details": [SHOWN]}, {"content": "so"}], ["hm", "proof", "TextDelta"]),
        ([{"reasoning_content": "hm"}, {"content": "so"}], ["hm", "TextDelta"]),
        (
            [{"reasoning_details": [SHOWN]}, {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f"}}]}],
            ["hm", "proof", "ToolStart", "ToolArgs", "ToolEnd"],
        ),
        ([{"reasoning_details": [SHOWN], "content": "so"}], ["hm", "proof", "TextDelta"]),
        ([{"reasoning_details": [SHOWN]}, {"content": "so"}, {"reasoning_details": [HIDDEN]}],
         ["hm", "proof", "TextDelta", "proof alone"]),
    ],
)  # fmt: skip
def test_thinking_is_told_once_and_proved_before_what_follows_it(deltas, told):
    assert kinds(*deltas) == told


@pytest.mark.parametrize("reason", ["stop", "eos", None])
def test_a_chunk_may_hold_a_message_in_place_of_a_delta(reason):
    message = {"choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": reason}], "id": "c1"}
    events = decode(message, DONE)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["hi"]
    assert events[-2:] == STOP


def test_a_time_that_is_none_is_left_out():
    first, *_ = decode({**chunk({"content": "a"}), "created": "now"}, chunk(finish="stop"), DONE)
    assert first == Start("c1", "m", 0)


def test_an_emoji_that_a_provider_cuts_in_two_breaks_no_stream():
    halves = [
        b'{"id":"c1","choices":[{"index":0,"delta":{"content":"%b"}}]}' % half for half in (rb"\ud83d", rb"\ude00")
    ]
    events = decode(*halves, chunk(finish="stop"), DONE)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "\ufffd\ufffd"
    assert events[-2:] == STOP
