import anthropic
import pytest

from filters.formats.anthropic_messages.answer_encode import encode_answer
from filters.formats.anthropic_messages.stream_encode import StreamEncoder
from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    End,
    Failure,
    Finish,
    FinishReason,
    Ping,
    Signature,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
    Usage,
)
from filters.formats.canonical.seal import Sealed, unseal
from tests.support.anthropic_sdk import gathered, raw_events
from tests.support.messages_answers import DONE, REQUEST, START, answer, content, names, stream


def test_the_events_of_a_stream():
    assert names(stream(START, START, Ping(), TextDelta("hi"), *DONE, End())) == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_every_event_leaves_at_once():
    encoder = StreamEncoder(REQUEST)
    assert all(encoder.feed(event) for event in (START, Ping(), TextDelta("a"), ThinkingDelta("b"), TextDelta("c")))


def test_the_sdk_reads_the_raw_events_in_order():
    events = raw_events(stream(START, TextDelta("a"), ToolStart(0, "t", "x"), ToolArgs(0, "{}"), ToolEnd(0), *DONE))
    assert [(event.type, getattr(event, "index", None)) for event in events][1:-2] == [
        ("content_block_start", 0),
        ("content_block_delta", 0),
        ("content_block_stop", 0),
        ("content_block_start", 1),
        ("content_block_delta", 1),
        ("content_block_stop", 1),
    ]


def test_another_vendors_proof_is_sealed():
    found = content(ThinkingDelta("hm"), Signature("openai", "gAAA", id="rs_1"), TextDelta("hi"))
    assert unseal(found[0]["signature"]) == Sealed("openai", "gAAA", "rs_1")


def test_thinking_that_was_not_shown_keeps_its_proof():
    assert content(Signature("anthropic", "sig"), BlockEnd(), TextDelta("hi"))[0] == {
        "type": "thinking",
        "thinking": "",
        "signature": "sig",
    }


def test_redacted_thinking_is_a_block_of_its_own():
    found = content(ThinkingDelta("hm"), Signature("anthropic", "Eqo", redacted=True), ThinkingDelta("so"))
    assert [block["type"] for block in found] == ["thinking", "redacted_thinking", "thinking"]
    assert found[1]["data"] == "Eqo"
    sealed = content(Signature("openai", "gAAA", redacted=True))[0]["data"]
    assert unseal(sealed) == Sealed("openai", "gAAA", None, redacted=True)


def test_two_texts_with_a_mark_between_are_two_blocks():
    assert [block["text"] for block in content(TextDelta("a"), BlockEnd(), TextDelta("b"))] == ["a", "b"]


def test_interleaved_tool_calls_come_one_after_the_other():
    found = content(
        TextDelta("looking"),
        ToolStart(0, "t0", "x"), ToolArgs(0, '{"a":'),
        ToolStart(1, "t1", "y"), ToolArgs(1, '{"b":2'), ToolArgs(0, "1"), ToolArgs(1, "}"), ToolArgs(0, "}"),
        ToolStart(2, "t2", "z"),
    )  # fmt: skip
    assert [(block["id"], block["input"]) for block in found[1:]] == [("t0", {"a": 1}), ("t1", {"b": 2}), ("t2", {})]


def test_text_after_a_call_that_is_not_over_waits_for_it():
    found = content(ToolStart(0, "t", "x"), ToolArgs(0, '{"a":'), TextDelta("hi"), ToolArgs(0, "1}"), TextDelta("!"))
    assert found == [
        {"type": "tool_use", "id": "t", "name": "x", "input": {"a": 1}},
        {"type": "text", "text": "hi!"},
    ]


def test_a_call_that_was_cut_off_ends_all_the_same():
    body = encode_answer((START, ToolStart(0, "t", "x"), ToolArgs(0, '{"a":'), *DONE), REQUEST)
    assert body["content"][0]["input"] == {"malformed_arguments": '{"a":'}
    assert gathered(stream(START, ToolStart(0, "t", "x"), ToolArgs(0, '{"a":"b'), *DONE)).content[0].name == "x"


def test_a_key_that_is_used_again_is_another_call_and_strangers_are_passed_over():
    found = content(
        ToolStart(0, "a", "x"), ToolArgs(0, "{}"), ToolStart(0, "b", "y"), ToolArgs(0, '{"n":1}'), ToolEnd(0),
        ToolArgs(0, "late"), ToolEnd(0), ToolArgs(7, "{}"), ToolEnd(7),
    )  # fmt: skip
    assert [(block["id"], block["input"]) for block in found] == [("a", {}), ("b", {"n": 1})]


def test_ids_are_such_as_anthropic_takes_back():
    calls = (ToolStart(0, "functions.x:0", "x"), ToolStart(1, "", "x"), ToolStart(2, "", "x"))
    ids = [block["id"] for block in encode_answer((START, *calls, *DONE), REQUEST)["content"]]
    assert ids[0].startswith("functions_x_0_")
    assert len(set(ids)) == 3


def test_stop_after_tool_calls_means_the_tools_and_after_a_refusal_the_refusal():
    assert answer(START, ToolStart(0, "t", "x"), *DONE)["stop_reason"] == "tool_use"
    assert answer(START, TextDelta("I cannot", refusal=True), *DONE)["stop_reason"] == "refusal"


def test_usage_is_cumulative_and_counted_anthropics_way():
    usages = (Usage(100, 0, 70, 20), Usage(output_tokens=9, reasoning=4))
    assert answer(START, TextDelta("a"), *usages, Finish(FinishReason.STOP), End())["usage"] == {
        "input_tokens": 10,
        "cache_read_input_tokens": 70,
        "cache_creation_input_tokens": 20,
        "output_tokens": 9,
        "output_tokens_details": {"thinking_tokens": 4},
    }


@pytest.mark.parametrize("before", [(), (START,), (START, TextDelta("a"), ToolStart(0, "t", "x"))])
def test_a_failure_is_an_error_event_and_nothing_follows(before):
    encoder = StreamEncoder(REQUEST)
    for event in before:
        encoder.feed(event)
    frame = encoder.feed(Failure(529, "Overloaded", kind="overloaded_error"))
    assert frame == (
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    )
    assert b"".join(encoder.feed(event) for event in (TextDelta("b"), Ping(), *DONE)) == b""


def test_the_sdk_raises_what_failed():
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        gathered(stream(START, TextDelta("a"), Failure(529, "Overloaded", kind="overloaded_error")))


CITED = Annotation("https://x", "X")


def test_a_citation_is_told_in_the_text_that_is_open_and_nowhere_else():
    said = [{"type": "web_search_result_location", "url": "https://x", "title": "X"}]
    for events, told in (
        ((TextDelta("a"), CITED), said),
        ((TextDelta("a"), BlockEnd(), CITED), []),
        ((TextDelta("a"), ThinkingDelta("b"), CITED), []),
        ((CITED, TextDelta("a")), []),
    ):
        cited = next(block for block in content(*events) if block["type"] == "text").get("citations") or []
        assert [{name: each[name] for name in ("type", "url", "title")} for each in cited] == told


def test_a_citation_of_anthropics_own_passes_as_it_came():
    own = {
        "type": "char_location", "cited_text": "so", "document_index": 0, "document_title": None, "file_id": None,
        "start_char_index": 3, "end_char_index": 5,
    }  # fmt: skip
    (block,) = content(TextDelta("a"), Annotation(None, None, raw=own))
    assert block["citations"] == [own]
    (block,) = content(TextDelta("a"), Annotation("https://x", "X", raw={"type": "of another kind"}))
    assert block["citations"][0]["type"] == "web_search_result_location"


def test_an_answer_that_has_no_beginning_is_given_one():
    begun = ["message_start", "content_block_start", "content_block_delta"]
    assert names(stream(TextDelta("a")))[:3] == begun
    assert names(stream(End())) == ["message_start", "message_delta", "message_stop"]
    (start, *_) = raw_events(stream(TextDelta("a")))
    assert start.message.id.startswith("msg_")
    assert start.message.model == "claude", "the one that was asked for"


def test_what_belongs_to_no_call_is_passed_over():
    assert content(ToolArgs(4, "{}"), ToolEnd(4), TextDelta("a")) == [{"type": "text", "text": "a"}]
    (call,) = content(ToolStart(0, "t", "look"), ToolArgs(0, "{}"), ToolEnd(0), ToolArgs(0, "late"), ToolEnd(0))
    assert (call["name"], call["input"]) == ("look", {})


@pytest.mark.parametrize("event", [TextDelta("late"), Failure(502, "late"), End(), Ping(), Usage(1, 2)])
def test_nothing_follows_the_end(event):
    encoder = StreamEncoder(REQUEST)
    for each in (START, *DONE):
        encoder.feed(each)
    assert encoder.feed(event) == b""
