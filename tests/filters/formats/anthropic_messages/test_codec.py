"""The whole format at once: what goes out of it and comes back in is what it was."""

from contextlib import suppress
from copy import deepcopy
from itertools import pairwise

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filters.errors import DownstreamError
from filters.formats.anthropic_messages.codec import CODEC
from filters.formats.anthropic_messages.shape import validate
from filters.formats.anthropic_messages.view import turns
from filters.formats.canonical.events import (
    BlockEnd,
    End,
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
from filters.formats.canonical.request import Message, ModelOptions, Request, Text
from filters.formats.sse import SseParser
from tests.support.anthropic_sdk import check_message, check_request, gathered

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
REQUEST = Request("claude", [Message("user", [Text("hi")])])
CACHE = {"type": "ephemeral"}

TEXTS = st.text(alphabet=st.characters(codec="utf-8"), min_size=1)
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS, st.lists, max_leaves=4)
INPUTS = st.dictionaries(TEXTS, VALUES, max_size=3)


@st.composite
def pieces(draw, whole):
    """Cut a string in pieces."""
    cuts = sorted(draw(st.sets(st.integers(1, max(len(whole) - 1, 1)), max_size=4)))
    return [whole[start:end] for start, end in pairwise([0, *cuts, len(whole)]) if whole[start:end]]


@st.composite
def spoken(draw):
    """Text or thinking, as the events that say it and what they mean."""
    text, thinks = draw(TEXTS), draw(st.booleans())
    kind = ThinkingDelta if thinks else TextDelta
    events = [kind(piece) for piece in draw(pieces(text))]
    if thinks:
        events.append(Signature("anthropic", "sig"))
    return [*events, BlockEnd()], [("thinking" if thinks else "text", text)]


@st.composite
def called(draw, base):
    """One or more tool calls whose arguments may interleave, and which may or may not be said to end."""
    count, ends = draw(st.integers(1, 3)), draw(st.booleans())
    keys = range(base, base + count)
    inputs = {key: draw(INPUTS) for key in keys}
    waiting = {key: draw(pieces(orjson.dumps(inputs[key]).decode())) for key in keys}
    events = [ToolStart(key, f"id{key}", "look") for key in keys]
    while waiting:
        key = draw(st.sampled_from(sorted(waiting)))
        events.append(ToolArgs(key, waiting[key].pop(0)))
        if not waiting[key]:
            del waiting[key]
            events += [ToolEnd(key)] if ends else []
    return events, [("tool_use", inputs[key]) for key in keys]


@st.composite
def answers(draw):
    """An answer as events, and its content as `(kind, text or input)`."""
    events, meaning = [Start("m", "claude")], []
    for number in range(draw(st.integers(0, 4))):
        more, means = draw(spoken() | called(number * 10))
        events += more
        meaning += means
    return [*events, Usage(30, 7, 5, 2, 1), Finish(FinishReason.STOP), End()], meaning


def meaning_of(events):
    """Return the content that events say, block by block."""
    found, tools, fresh = [], {}, True
    for event in events:
        match event:
            case TextDelta() | ThinkingDelta():
                kind = "text" if isinstance(event, TextDelta) else "thinking"
                if fresh or found[-1][0] != kind:
                    found.append([kind, ""])
                found[-1][1] += event.text
                fresh = False
            case BlockEnd():
                fresh = True
            case ToolStart():
                fresh = True
                tools[event.key] = ["tool_use", ""]
                found.append(tools[event.key])
            case ToolArgs():
                tools[event.key][1] += event.text
    return [(kind, orjson.loads(content) if kind == "tool_use" else content) for kind, content in found]


def content_of(message):
    fields = {"text": "text", "thinking": "thinking", "tool_use": "input"}
    return [(block["type"], block[fields[block["type"]]]) for block in message["content"]]


def stream_of(events):
    encoder = CODEC.stream_encoder(REQUEST)
    return b"".join(encoder.feed(event) for event in events)


@given(answers(), st.data())
@settings(CALM, max_examples=60)
def test_a_stream_comes_back_whatever_the_tools_and_the_chunks(answer, data):
    events, meaning = answer
    parser, decoder, found = SseParser(), CODEC.stream_decoder(), []
    stream = stream_of(events)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=12)))
    for start, end in pairwise([0, *cuts, len(stream)]):
        for event in parser.feed(stream[start:end]):
            found += decoder.feed(event)
    found += decoder.close()
    assert meaning_of(found) == meaning
    assert found[-1] == End()
    assert [event for event in found if isinstance(event, Usage)][-1] == Usage(30, 7, 5, 2, 1)


@given(answers())
@settings(CALM, max_examples=40)
def test_streamed_and_whole_answers_say_the_same(answer):
    events, meaning = answer
    whole = CODEC.encode_answer(events, REQUEST)
    assert content_of(whole) == meaning
    assert meaning_of(CODEC.decode_answer(whole)) == meaning


@given(answers())
@settings(CALM, max_examples=25)
def test_the_sdk_gathers_from_the_stream_what_the_whole_answer_says(answer):
    events, _ = answer
    whole = check_message(CODEC.encode_answer(events, REQUEST)).to_dict(exclude_none=True)
    assert gathered(stream_of(events)).to_dict(exclude_none=True) == whole


@given(answers())
@settings(CALM, max_examples=40)
def test_blocks_of_a_stream_are_balanced_and_one_is_open_at_a_time(answer):
    events, _ = answer
    open_block, following, names = None, 0, []
    for event in SseParser().feed(stream_of(events)):
        names.append(event.event)
        index = orjson.loads(event.data).get("index")
        if event.event == "content_block_start":
            assert (open_block, index) == (None, following)
            open_block, following = index, following + 1
        elif event.event == "content_block_delta":
            assert index == open_block
        elif event.event == "content_block_stop":
            assert index == open_block
            open_block = None
    assert open_block is None
    assert (names[0], names[-2:]) == ("message_start", ["message_delta", "message_stop"])
    assert [names.count(name) for name in ("message_start", "message_delta", "message_stop")] == [1, 1, 1]


def rich_body():
    return {
        "model": "claude",
        "max_tokens": 2000,
        "system": [{"type": "text", "text": "rules", "cache_control": CACHE}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look", "cache_control": CACHE},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
                    {"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}, "title": "Y"},
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "EqoB"},
                    {"type": "redacted_thinking", "data": "Eqo"},
                    {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "x"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "toolu_1",
                        "is_error": True,
                        "content": [
                            {"type": "text", "text": "no"},
                            {"type": "image", "source": {"type": "url", "url": "https://x/z.png"}},
                        ],
                    }
                ],
            },
        ],
        "tools": [
            {
                "name": "look",
                "description": "Looks.",
                "input_schema": {"type": "object", "properties": {}},
                "cache_control": CACHE,
            }
        ],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "thinking": {"type": "enabled", "budget_tokens": 1500},
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u"},
        "service_tier": "standard_only",
        "stream": True,
    }


def test_a_request_comes_back_as_it_was():
    body = rich_body()
    validate(body)
    encoded = CODEC.encode_request(CODEC.decode_request(body), ModelOptions())
    assert encoded.body == body
    assert encoded.warnings == ()
    check_request(encoded.body)


@pytest.mark.parametrize("effort", ["low", "max"])
def test_a_request_for_a_newer_model_comes_back_as_it_was(effort):
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    body = {
        "model": "claude",
        "max_tokens": 2000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "thinking": {"type": "adaptive", "display": "summarized"},
        "output_config": {"effort": effort, "format": {"type": "json_schema", "schema": schema}},
    }
    encoded = CODEC.encode_request(CODEC.decode_request(body), ModelOptions(adaptive_thinking=True))
    assert encoded.body == body


def places(value, path=()):
    """Every place in a body, as the keys that lead to it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


@pytest.mark.parametrize("junk", [None, 3, True, "x", [], {}, ["x"], {"type": "x"}, [{"type": ["text"]}]])
def test_junk_anywhere_in_a_request_is_carried_or_refused_and_never_breaks(junk):
    for *path, last in places(rich_body()):
        body = inside = deepcopy(rich_body())
        for key in path:
            inside = inside[key]
        inside[last] = junk
        with suppress(DownstreamError):
            validate(body)
            list(turns(body))
            CODEC.encode_request(CODEC.decode_request(body), ModelOptions())


def test_an_error_comes_back_as_it_was():
    failure = CODEC.decode_error(429, b'{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}')
    assert CODEC.decode_error(429, orjson.dumps(CODEC.encode_error(failure))) == failure
