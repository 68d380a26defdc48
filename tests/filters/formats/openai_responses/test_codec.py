"""The wire format as a whole: what goes in on one side comes out on the other."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.formats.canonical.events import (
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
from filters.formats.canonical.request import Tool
from filters.formats.openai_responses.codec import CODEC
from filters.formats.sse import SseParser
from tests.support.responses_streams import frames, official, official_client, request, written

ASKED = request(tools=[Tool("f"), Tool("patch", custom=True)])
START = Start("resp_0123456789abcdef", "m", 5)
_text = st.text(min_size=1, max_size=8).filter(lambda text: text.isprintable() or "\n" in text)


@st.composite
def _calls(draw):
    """One to three calls whose arguments arrive in turns, some of functions and some of a custom tool."""
    count = draw(st.integers(1, 3))
    events, pieces = [], []
    for key in range(count):
        custom = draw(st.booleans())
        events.append(ToolStart(key, f"call_{draw(st.uuids())}", "patch" if custom else "f", custom=custom))
        whole = draw(_text) if custom else orjson.dumps({"a": draw(_text)}).decode()
        cut = draw(st.integers(0, len(whole)))
        pieces += [ToolArgs(key, piece) for piece in (whole[:cut], whole[cut:]) if piece]
    order = draw(st.permutations(range(len(pieces))))
    for key in range(count):
        own = [piece for piece in pieces if piece.key == key]
        places = sorted(order.index(index) for index, piece in enumerate(pieces) if piece.key == key)
        order = [own[places.index(at)] if at in places else kept for at, kept in enumerate(order)]
    return [*events, *order, *(ToolEnd(key) for key in draw(st.permutations(range(count))))]


_blocks = st.one_of(
    st.lists(_text, min_size=1, max_size=3).map(lambda texts: [*map(TextDelta, texts), BlockEnd()]),
    st.lists(_text, min_size=1, max_size=3).map(
        lambda texts: [*map(ThinkingDelta, texts), Signature("anthropic", "sig"), BlockEnd()]
    ),
    st.just([Signature("anthropic", "blob", redacted=True)]),
    _text.map(lambda text: [TextDelta(text, refusal=True), BlockEnd()]),
)
_usage = st.builds(Usage, *[st.integers(0, 10**6)] * 5)


@st.composite
def _answers(draw):
    """A whole answer: blocks, then calls."""
    events = [event for block in draw(st.lists(_blocks, max_size=4)) for event in block]
    calls = draw(st.one_of(st.just([]), _calls()))
    usage = draw(_usage)
    reason = FinishReason.TOOL_CALLS if calls else draw(st.sampled_from([FinishReason.STOP, FinishReason.LENGTH]))
    return [START, *events, *calls, usage, Finish(reason), End()]


def meant(events):
    """What an answer says, whatever the pieces: text and thinking joined, calls in the order of their beginning."""
    said, calls = [], {}
    for event in events:
        match event:
            case TextDelta() | ThinkingDelta():
                kind = (type(event), getattr(event, "refusal", False))
                if said and said[-1][0] == kind:
                    said[-1] = (kind, said[-1][1] + event.text)
                else:
                    said.append((kind, event.text))
            case Signature():
                said.append(((Signature, event.redacted), event.blob))
            case ToolStart():
                calls[event.key] = (event.id, event.name, event.custom, "")
            case ToolArgs():
                calls[event.key] = (*calls[event.key][:3], calls[event.key][3] + event.text)
            case Usage() | Finish() | End():
                said.append((type(event), event))
            case _:
                pass
    return said, list(calls.values())


def cut(raw, cuts):
    """The bytes in pieces."""
    marks = sorted({mark % (len(raw) + 1) for mark in cuts})
    return [raw[start:end] for start, end in zip([0, *marks], [*marks, len(raw)], strict=True)]


@settings(deadline=None)
@given(_answers(), st.lists(st.integers(0, 10**6), max_size=8))
def test_a_stream_survives_the_round_trip_in_any_chunks(events, cuts):
    raw = written(events, ASKED)
    parser, decoder = SseParser(), CODEC.stream_decoder()
    found = [event for chunk in cut(raw, cuts) for wire in parser.feed(chunk) for event in decoder.feed(wire)]
    assert meant([*found, *decoder.close()]) == meant(events)


@settings(deadline=None)
@given(_answers())
def test_a_whole_answer_survives_the_round_trip_and_is_the_streams(events):
    whole = CODEC.encode_answer(events, ASKED)
    assert meant(CODEC.decode_answer(whole)) == meant(events)
    assert frames(written(events, ASKED))[-1]["response"] == whole


@settings(max_examples=40, deadline=None)
@given(_answers())
def test_the_official_client_accumulates_the_same(events):
    if any(isinstance(event, Finish) and event.reason is FinishReason.LENGTH for event in events):
        events = [*events[:-2], Finish(FinishReason.STOP), End()]
    streamed = official(written(events, ASKED))
    with official_client(orjson.dumps(CODEC.encode_answer(events, ASKED)), content_type="application/json") as client:
        direct = client.responses.parse(model="m", input="x")
    assert streamed.output_text == direct.output_text
    assert [item.to_dict() for item in streamed.output] == [item.to_dict() for item in direct.output]
    assert streamed.usage == direct.usage


@settings(deadline=None)
@given(_answers(), st.integers(0, 10**6))
def test_a_stream_cut_anywhere_is_a_failure(events, mark):
    raw = written(events, ASKED)
    last = raw.rindex(b"event: ")
    parser, decoder = SseParser(), CODEC.stream_decoder()
    found = [event for wire in parser.feed(raw[: mark % last]) for event in decoder.feed(wire)]
    assert not any(isinstance(event, End | Failure) for event in found)
    assert [type(event) for event in decoder.close()] == [Failure]


def test_the_commonest_body_is_read():
    body = {"model": "m", "input": [{"role": "user", "content": "hi"}]}
    assert CODEC.decode_request(body).messages[0].role == "user"


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_an_error_keeps_its_status(status):
    failure = CODEC.decode_error(status, b"<html>")
    assert failure.status == status
    assert CODEC.encode_error(failure)["error"]["message"]
