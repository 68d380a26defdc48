"""The format against itself: what is written reads back as what it was, in any pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.formats.canonical.events import (
    End,
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
from filters.formats.canonical.request import ModelOptions
from filters.formats.openai_chat.codec import CODEC
from filters.formats.registry import FORMATS
from tests.support.chat_events import ASKED
from tests.support.chat_streams import decode_bytes, encode

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
SAID = st.builds(TextDelta, WORDS) | st.builds(ThinkingDelta, WORDS)
COUNTS = st.integers(0, 1_000_000)


@st.composite
def answers(draw):
    """Return the events of an answer whose tool calls, if any, are interleaved with one another and with text."""
    events = [Start("c1", "m", 5), *draw(st.lists(SAID, max_size=4))]
    calls = draw(st.lists(st.lists(WORDS, max_size=3), max_size=3))
    events += [ToolStart(key, f"call_{key}", draw(st.sampled_from(["f", "g"]))) for key in range(len(calls))]
    pieces = [(key, text) for key, texts in enumerate(calls) for text in texts]
    order = draw(st.permutations(pieces))
    events += [ToolArgs(key, text) for key, text in order]
    events += [ToolArgs(key, "{}") for key, texts in enumerate(calls) if not texts]
    events += [ToolEnd(key) for key in range(len(calls))]
    reasons = [FinishReason.TOOL_CALLS] if calls else [FinishReason.STOP, FinishReason.CONTENT_FILTER]
    usage = Usage(draw(COUNTS), draw(COUNTS), draw(COUNTS), draw(st.none() | COUNTS), draw(COUNTS))
    return [*events, usage, Finish(draw(st.sampled_from([*reasons, FinishReason.LENGTH]))), End()]


def summed(events):
    """Return the events with their texts joined, the arguments of each call at its end, as a whole answer has them."""
    texts, said, calls, rest = {TextDelta: "", ThinkingDelta: ""}, {}, [], []
    for event in events:
        if isinstance(event, TextDelta | ThinkingDelta):
            texts[type(event)] += event.text
        elif isinstance(event, ToolArgs):
            said[event.key] = said.get(event.key, "") + event.text
        elif isinstance(event, ToolStart):
            calls.append(event)
        else:
            rest.append(event)
    return texts, said, calls, rest


@given(answers(), st.data())
def test_a_stream_reads_back_in_any_pieces(events, data):
    sent = encode(events, ASKED)
    places = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=20)))
    read = decode_bytes(sent[start:end] for start, end in zip([0, *places], [*places, len(sent)], strict=True))
    order = [event for event in events if not isinstance(event, ToolArgs)]
    assert [event for event in read if not isinstance(event, ToolArgs)] == order
    assert summed(read) == summed(events)


@given(answers())
def test_a_whole_answer_reads_back_as_its_stream(events):
    assert summed(CODEC.decode_answer(CODEC.encode_answer(events, ASKED))) == summed(events)


@given(answers(), st.data())
def test_a_stream_that_is_cut_is_never_a_clean_end(events, data):
    sent = encode(events, ASKED)
    finish = sent.index(b'"finish_reason":"')
    read = decode_bytes([sent[: data.draw(st.integers(0, finish))]])
    assert not any(isinstance(event, End) for event in read)
    assert type(read[-1]).__name__ == "Failure"


def test_the_table_of_formats_holds_this_one():
    assert FORMATS["openai_chat"].codec is CODEC


def test_a_request_survives_the_way_through_the_neutral_form():
    body = {
        "model": "m",
        "messages": [
            {"role": "system", "content": "a"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "b"}, {"type": "image_url", "image_url": {"url": "u"}}],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "1"},
            {"role": "user", "content": "d"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
        "tool_choice": "auto",
        "max_completion_tokens": 5,
        "stop": ["x"],
    }
    assert CODEC.encode_request(CODEC.decode_request(body), ModelOptions()).body == body


@pytest.mark.parametrize(("choices", "ends"), [(None, True), (1, True), (2, False)])
def test_with_several_choices_the_first_that_is_finished_is_not_the_end(choices, ends):
    marks = FORMATS["openai_chat"].marks({} if choices is None else {"n": choices})
    finished = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
    assert bool(marks.terminal.search(finished)) is ends
    assert marks.terminal.search(b"data: [DONE]\n\n")
