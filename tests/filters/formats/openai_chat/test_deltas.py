import pytest

from filters.formats.canonical.events import (
    Annotation,
    BlockEnd,
    End,
    Finish,
    FinishReason,
    Ping,
    Signature,
    Start,
    TextDelta,
    ThinkingDelta,
    ToolArgs,
    ToolEnd,
    ToolStart,
    Usage,
)
from filters.formats.canonical.request import Request, Tool
from filters.formats.openai_chat.deltas import Deltas, logprobs_of

PATCH = Request("asked", [], tools=[Tool("patch", custom=True)])


def made(*events, request=PATCH):
    deltas = Deltas(request)
    return [delta for event in events if (delta := deltas.feed(event)) is not None]


def function(index, **said):
    return {"tool_calls": [{"index": index, "function": said}]}


def started(index, ident, name):
    call = {"index": index, "id": ident, "type": "function", "function": {"name": name, "arguments": ""}}
    return {"tool_calls": [call]}


def finished(*events):
    deltas = Deltas(PATCH)
    for event in events:
        deltas.feed(event)
    return deltas.finish_reason


def test_the_start_names_the_answer():
    deltas = Deltas(PATCH)
    assert deltas.feed(Start("c1", "m", 5)) == {"role": "assistant", "content": ""}
    assert (deltas.id, deltas.model, deltas.created) == ("c1", "m", 5)


def test_what_the_start_does_not_name_is_made_up():
    deltas = Deltas(PATCH)
    deltas.feed(Start("", ""))
    assert deltas.id.startswith("chatcmpl-")
    assert deltas.model == "asked"
    assert deltas.created > 1_700_000_000


def test_text_refusals_and_thinking_have_their_fields():
    assert made(TextDelta("a"), TextDelta("no", refusal=True), ThinkingDelta("hm")) == [
        {"content": "a"},
        {"refusal": "no"},
        {"reasoning_content": "hm"},
    ]


def test_blocks_of_thinking_are_set_apart():
    events = [ThinkingDelta("a"), ThinkingDelta("b"), BlockEnd(), ThinkingDelta("c"), BlockEnd(), TextDelta("d")]
    assert made(*events) == [
        {"reasoning_content": "a"},
        {"reasoning_content": "b"},
        {"reasoning_content": "\n\nc"},
        {"content": "d"},
    ]


def test_thinking_after_text_is_not_set_apart_from_nothing():
    assert made(TextDelta("a"), BlockEnd(), ThinkingDelta("b")) == [{"content": "a"}, {"reasoning_content": "b"}]


def test_calls_are_numbered_by_their_starts_whatever_their_keys():
    events = [ToolStart(7, "a", "f"), ToolStart(3, "b", "g"), ToolArgs(7, "{"), ToolArgs(3, "{}"), ToolArgs(7, "}")]
    assert made(*events, ToolEnd(7), ToolEnd(3)) == [
        started(0, "a", "f"),
        started(1, "b", "g"),
        function(0, arguments="{"),
        function(1, arguments="{}"),
        function(0, arguments="}"),
    ]


def test_a_call_without_arguments_gets_an_empty_object():
    assert made(ToolStart(0, "a", "f"), ToolEnd(0)) == [started(0, "a", "f"), function(0, arguments="{}")]


def test_a_custom_call_that_came_as_a_function_is_free_text_again():
    events = [ToolStart(0, "a", "patch"), ToolArgs(0, '{"input":"*** '), ToolArgs(0, 'Begin\\n"}'), ToolEnd(0)]
    assert made(*events) == [
        {"tool_calls": [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "patch", "input": ""}}]},
        {"tool_calls": [{"index": 0, "custom": {"input": "*** Begin\n"}}]},
    ]


def test_a_custom_call_that_came_as_such_is_passed_on_as_it_comes():
    events = [ToolStart(0, "a", "patch", custom=True), ToolArgs(0, "*** "), ToolArgs(0, "Begin"), ToolEnd(0)]
    assert made(*events)[1:] == [
        {"tool_calls": [{"index": 0, "custom": {"input": "*** "}}]},
        {"tool_calls": [{"index": 0, "custom": {"input": "Begin"}}]},
    ]


def test_citations_are_annotations_and_those_without_a_url_are_left_out():
    cited = {"url": "u", "title": "", "start_index": 0, "end_index": 0}
    assert made(Annotation("u", None), Annotation(None, "t", raw={"type": "page"})) == [
        {"annotations": [{"type": "url_citation", "url_citation": cited}]}
    ]


@pytest.mark.parametrize(
    "event", [Ping(), Signature("openrouter", "x"), BlockEnd(), Usage(1), Finish(FinishReason.STOP), End()]
)
def test_other_events_make_no_delta(event):
    assert made(event) == []


def test_usage_is_merged():
    deltas = Deltas(PATCH)
    for usage in (Usage(input_tokens=0), Usage(20, 1), Usage(output_tokens=9, cache_read=4)):
        deltas.feed(usage)
    assert deltas.usage == Usage(20, 9, 4)


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (FinishReason.STOP, "stop"),
        (FinishReason.STOP_SEQUENCE, "stop"),
        (FinishReason.PAUSE, "stop"),
        (FinishReason.LENGTH, "length"),
        (FinishReason.TOOL_CALLS, "tool_calls"),
        (FinishReason.CONTENT_FILTER, "content_filter"),
    ],
)
def test_reasons_are_openais_words(reason, word):
    assert finished(Finish(reason)) == word


def test_tool_calls_tell_why_where_the_reason_does_not():
    assert finished(ToolStart(0, "a", "f"), Finish(FinishReason.STOP)) == "tool_calls"
    assert finished(ToolStart(0, "a", "f"), Finish(FinishReason.LENGTH)) == "length"
    assert finished(TextDelta("no", refusal=True), Finish(FinishReason.STOP)) == "stop"


def test_a_proof_comes_with_the_thinking_that_it_proves_and_a_number_of_its_own():
    events = (ThinkingDelta("Let "), ThinkingDelta("me"), Signature("anthropic", "x"), BlockEnd(), ThinkingDelta("So"))
    details = [
        delta["reasoning_details"]
        for delta in made(*events, Signature("openai", "y", id="rs_1"))
        if len(delta) == 1 and "reasoning_details" in delta
    ]
    assert details == [
        [
            {
                "type": "reasoning.text",
                "text": "Let me",
                "signature": "x",
                "format": "anthropic-claude-v1",
                "id": None,
                "index": 0,
            }
        ],
        [
            {"type": "reasoning.summary", "summary": "So", "format": "openai-responses-v1", "id": "rs_1", "index": 1},
            {"type": "reasoning.encrypted", "data": "y", "format": "openai-responses-v1", "id": "rs_1", "index": 2},
        ],
    ]


def test_thinking_after_a_block_that_ended_is_set_apart_from_it():
    thought = made(ThinkingDelta("a"), ThinkingDelta("b"), BlockEnd(), ThinkingDelta("c"), BlockEnd(), BlockEnd())
    assert thought == [{"reasoning_content": text} for text in ("a", "b", "\n\nc")]
    assert made(BlockEnd(), ThinkingDelta("a")) == [{"reasoning_content": "a"}]


def test_a_signature_of_googles_goes_with_the_call_that_follows_and_with_no_other():
    first, second = made(Signature("google", "sig"), ToolStart(0, "a", "f"), ToolStart(1, "b", "f"))
    assert first["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "sig"}}
    assert "extra_content" not in second["tool_calls"][0]


TOKENS = [{"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": []}]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (TextDelta("a"), None),
        (TextDelta("a", logprobs=[]), None),
        (TextDelta("a", logprobs=TOKENS), {"content": TOKENS, "refusal": None}),
        (TextDelta("a", logprobs=TOKENS, refusal=True), {"content": None, "refusal": TOKENS}),
    ],
)
def test_log_probabilities_are_those_of_the_text_or_of_the_refusal(event, told):
    assert logprobs_of(event) == told


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ((ThinkingDelta("a"), ThinkingDelta("b"), Signature("anthropic", "s")), {"text": "ab", "signature": "s"}),
        ((ThinkingDelta("a"), BlockEnd(), Signature("anthropic", "s")), {"text": "", "signature": "s"}),
        ((ThinkingDelta("a"), Signature("anthropic", "s", redacted=True)), {"data": "s"}),
    ],
)
def test_a_proof_is_told_with_the_thinking_that_it_proves(events, told):
    (entry,) = made(*events)[-1]["reasoning_details"]
    assert {name: entry[name] for name in told} == told


def test_each_proof_has_a_place_of_its_own():
    proofs = made(Signature("anthropic", "s", redacted=True), Signature("anthropic", "t", redacted=True))
    assert [proof["reasoning_details"][0]["index"] for proof in proofs] == [0, 1]


def test_a_citation_says_what_is_known_of_it():
    (whole,) = made(Annotation("https://x", "X", 3, 5))
    (bare,) = made(Annotation("https://x", None))
    assert whole["annotations"][0]["url_citation"] == {
        "url": "https://x", "title": "X", "start_index": 3, "end_index": 5,
    }  # fmt: skip
    assert bare["annotations"][0]["url_citation"] == {
        "url": "https://x", "title": "", "start_index": 0, "end_index": 0,
    }  # fmt: skip
    assert made(Annotation(None, "a file")) == []
