"""Random answers through every pair of wire formats, as servers send them: in any pieces, with habits of their own.

    events -> the provider's stream, by its habits, in pieces -> decoder -> encoder -> the client's stream -> decoder

What the client reads must mean what the provider said, but for what one of the two formats has no words for.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import orjson

from filters.context import WireFormat
from filters.formats.canonical.events import (
    BlockEnd,
    End,
    Event,
    Failure,
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
from filters.formats.canonical.request import Message, Request, Text, Tool
from filters.formats.canonical.seal import opened
from filters.formats.registry import FORMATS
from filters.formats.sse import SseParser
from tests.support.server_habits import in_the_servers_way

CHAT, RESPONSES, MESSAGES = "openai_chat", "openai_responses", "anthropic_messages"
PAIRS = list(product(FORMATS, repeat=2))
"""The provider's format and the client's."""
VENDORS = {MESSAGES: "anthropic", RESPONSES: "openai"}
FUNCTIONS = Request("asked", [Message("user", [Text("hi")])], tools=[Tool("f"), Tool("g"), Tool("patch")],
                    stream=True, include_usage=True)  # fmt: skip
CUSTOM = replace(FUNCTIONS, tools=[Tool("f"), Tool("g"), Tool("patch", custom=True)])
_WORDS = ("a", "é😀", "{", "}", "\n\n", '"q"', "data: x", "\\u0041", " ", "\u2028", "[DONE]", "\x00", "event: error\n")
_REASONS = (FinishReason.STOP, FinishReason.STOP, FinishReason.LENGTH, FinishReason.CONTENT_FILTER,
            FinishReason.STOP_SEQUENCE, FinishReason.PAUSE)  # fmt: skip


def answer(chance: random.Random, upstream: WireFormat, downstream: WireFormat) -> list[Event]:
    """Return the events of an answer of blocks in any order, with tool calls whose arguments are interleaved."""
    refused = upstream != MESSAGES and chance.random() < 0.1
    keys = iter(range(100))
    blocks = [block for _ in range(chance.randint(0, 4)) for block in _block(chance, upstream, refused=refused)]
    calls = [_call(next(keys), chance, downstream) for _ in range(chance.choice((0, 0, 1, 2, 3)))]
    blocks += list(_interleaved([list(call) for call in calls], chance))
    usage = _usage(chance)
    for _ in range(chance.randint(0, 2)):
        blocks.insert(chance.randint(0, len(blocks)), Usage(usage.input_tokens, chance.randint(0, 1)))
    reason = FinishReason.TOOL_CALLS if calls else chance.choice(_REASONS)
    stop = "END" if reason is FinishReason.STOP_SEQUENCE else None
    return [Start("c1", "m", 5), *blocks, usage, Finish(reason, stop), End()]


def _block(chance: random.Random, upstream: WireFormat, *, refused: bool) -> Iterator[Event]:
    pieces = [chance.choice(_WORDS) for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.5:
        yield from (TextDelta(piece, refusal=refused) for piece in pieces)
    elif chance.random() < 0.2 and upstream in VENDORS:
        yield Signature(VENDORS[upstream], "c2VjcmV0", redacted=True)
    else:
        yield from (ThinkingDelta(piece) for piece in pieces)
        if chance.random() < 0.5 and upstream in VENDORS:
            yield Signature(VENDORS[upstream], chance.choice(("cHJvb2Y=", "a+/b==")))
    yield BlockEnd()


def _call(key: int, chance: random.Random, downstream: WireFormat) -> Iterator[Event]:
    name = chance.choice(("f", "g") if downstream == MESSAGES else ("f", "g", "patch"))
    custom = name == "patch" and chance.random() < 0.5
    yield ToolStart(key, f"call_{key}", name, custom)
    text = "".join(chance.choice(_WORDS) for _ in range(chance.randint(1, 3)))
    if not custom:
        said = {
            chance.choice("xyz"): chance.choice((*_WORDS, 1.5, None, ["a", {}])) for _ in range(chance.randint(0, 2))
        }
        text = orjson.dumps({"input": text} if name == "patch" else said).decode()
    while text:
        size = chance.randint(1, len(text))
        yield ToolArgs(key, text[:size])
        text = text[size:]
    yield ToolEnd(key)


def _interleaved(calls: Sequence[list[Event]], chance: random.Random) -> Iterator[Event]:
    """Mix the calls' events, each call's in its order, and the calls' starts in theirs."""
    begun = 0
    while left := [call for call in calls[: begun + 1] if call]:
        call = chance.choice(left)
        begun += isinstance(call[0], ToolStart)
        yield call.pop(0)
        if chance.random() < 0.1:
            yield Ping()


def _usage(chance: random.Random) -> Usage:
    read, written, reasoned = chance.randint(0, 50), chance.choice((0, 0, 7)), chance.choice((0, 9))
    fresh, output = chance.randint(1, 50), chance.randint(1, 50)
    return Usage(read + written + fresh, output + reasoned, read, written, reasoned)


def meaning(events: Sequence[Event], upstream: WireFormat, downstream: WireFormat) -> dict[str, object]:
    """Return what an answer says to a client of `downstream`, however it was cut into events.

    Thoughts are parted by blank lines where a format runs them together, so their white space does not count.
    """
    calls: dict[int, list[str]] = {}
    usage = Usage()
    for event in events:
        if isinstance(event, ToolStart):
            calls[event.key] = [event.id, event.name, ""]
        elif isinstance(event, ToolArgs):
            calls[event.key][2] += event.text
        elif isinstance(event, Usage):
            usage = usage.updated(event)
    ended = [type(event) for event in events if isinstance(event, End | Failure)]
    custom = {event.key for event in events if isinstance(event, ToolStart) and event.custom}
    proofs = [_proof(event) for event in events if isinstance(event, Signature)]
    refused = any(event.refusal for event in events if isinstance(event, TextDelta))
    return {
        "thinking": re.sub(r"\s", "", "".join(event.text for event in events if isinstance(event, ThinkingDelta))),
        "text": "".join(event.text for event in events if isinstance(event, TextDelta)),
        "refused": refused and downstream != MESSAGES,
        "calls": [_said(*call, custom=key in custom) for key, call in calls.items() if ended == [End]],
        "proofs": [] if CHAT in {upstream, downstream} else proofs,
        "usage": usage,
        "end": [_ending(event, upstream, downstream, refused=refused) for event in events if isinstance(event, Finish)],
        "ended": ended,
    }


def _proof(proof: Signature) -> tuple[str, str, bool]:
    sealed = opened(proof.blob, proof.vendor)
    return sealed.origin, sealed.blob, proof.redacted


def _said(ident: str, name: str, arguments: str, *, custom: bool) -> tuple[object, ...]:
    if custom:
        return ident, name, arguments
    said = orjson.loads(arguments)
    return ident, name, said["input"] if name == "patch" else said


def _ending(finish: Finish, upstream: WireFormat, downstream: WireFormat, *, refused: bool) -> Finish:
    """Return why the answer ended, in words that both formats have."""
    if refused and downstream == MESSAGES and finish.reason in {FinishReason.STOP, *_MESSAGES_ONLY}:
        return Finish(FinishReason.CONTENT_FILTER)
    if finish.reason in _MESSAGES_ONLY and {upstream, downstream} != {MESSAGES}:
        return Finish(FinishReason.STOP)
    return finish


_MESSAGES_ONLY = (FinishReason.STOP_SEQUENCE, FinishReason.PAUSE)


def written(wire: WireFormat, events: Sequence[Event], asked: Request) -> bytes:
    """Return the stream that a server of the format sends."""
    encoder = FORMATS[wire].codec.stream_encoder(asked)
    return b"".join(encoder.feed(event) for event in events)


def read(wire: WireFormat, sent: bytes, chance: random.Random) -> list[Event]:
    """Return what a client of the format reads of a stream that comes in random pieces, down to a byte."""
    parser, decoder = SseParser(), FORMATS[wire].codec.stream_decoder()
    longest = chance.choice((1, 20, 60, 150, 300, 300, 700, 700, 1500, 5000))
    given: list[Event] = []
    while sent:
        size = chance.randint(1, longest)
        given += [event for frame in parser.feed(sent[:size]) for event in decoder.feed(frame)]
        sent = sent[size:]
    given += [event for frame in parser.close() for event in decoder.feed(frame)]
    return [*given, *decoder.close()]


def check(upstream: WireFormat, downstream: WireFormat, rounds: int, seed: int) -> None:
    """Fail if an answer of `upstream` means another thing to a client of `downstream`."""
    uncounted = {"usage": None}
    for number in range(rounds):
        chance = random.Random(f"{upstream}-{downstream}-{seed}-{number}")
        events = answer(chance, upstream, downstream)
        said = meaning(events, upstream, downstream)
        sent = in_the_servers_way(upstream, written(upstream, events, FUNCTIONS), chance)
        told = _through(upstream, downstream, sent, chance)
        assert told == said, f"streamed, round {number} of seed {seed}: {told} is not {said}"
        told = _whole(upstream, downstream, events)
        assert told == said, f"whole, round {number} of seed {seed}: {told} is not {said}"
        told = _through(upstream, downstream, sent[: chance.randint(0, len(sent) - 1)], chance)
        assert told["ended"] == [Failure] or told | uncounted == said | uncounted, f"cut, round {number} of seed {seed}"


def _through(upstream: WireFormat, downstream: WireFormat, sent: bytes, chance: random.Random) -> dict[str, object]:
    told = read(downstream, written(downstream, read(upstream, sent, chance), CUSTOM), chance)
    return meaning(told, upstream, downstream)


def _whole(upstream: WireFormat, downstream: WireFormat, events: Sequence[Event]) -> dict[str, object]:
    server, client = FORMATS[upstream].codec, FORMATS[downstream].codec
    given = list(server.decode_answer(server.encode_answer(events, FUNCTIONS)))
    return meaning(list(client.decode_answer(client.encode_answer(given, CUSTOM))), upstream, downstream)
