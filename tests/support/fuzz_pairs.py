"""Random answers through every pair of wire formats, streamed in random pieces and whole.

`python -m tests.support.fuzz_pairs 10000 [seed]` runs as many round trips of each pair.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from itertools import product

import orjson

from filters.context import WireFormat
from filters.formats.codecs import CODECS
from filters.formats.neutral import (
    End,
    Event,
    Failure,
    Finish,
    FinishReason,
    Message,
    Ping,
    Request,
    Start,
    Text,
    TextDelta,
    ThinkingDelta,
    Tool,
    ToolArgs,
    ToolEnd,
    ToolStart,
    Usage,
)
from filters.formats.sse import SseParser

PAIRS = list(product(WireFormat, repeat=2))
ASKED = Request(
    "asked", [Message("user", [Text("hi")])], tools=[Tool("f"), Tool("g")], stream=True, include_usage=True
)  # fmt: skip
_WORDS = ("a", "é😀", "{", "}", "\n\n", '"q"', "data: x", "\\u0041", " ", "\u2028", "[DONE]")


def answer(chance: random.Random) -> list[Event]:
    """Return the events of an answer: thinking, text and tool calls whose arguments are interleaved."""
    events: list[Event] = [Start("c1", "m", 5)]
    events += [ThinkingDelta(chance.choice(_WORDS)) for _ in range(chance.randint(0, 3))]
    events += [TextDelta(chance.choice(_WORDS)) for _ in range(chance.randint(0, 3))]
    calls = range(chance.randint(0, 3))
    events += _interleaved([list(_call(key, chance)) for key in calls], chance)
    events += [ToolEnd(key) for key in calls]
    cached = chance.randint(0, 50)
    reason = FinishReason.TOOL_CALLS if calls else chance.choice((FinishReason.STOP, FinishReason.LENGTH))
    return [*events, Usage(cached + chance.randint(1, 50), chance.randint(1, 50), cached), Finish(reason), End()]


def _call(key: int, chance: random.Random) -> Iterator[Event]:
    yield ToolStart(key, f"call_{key}", chance.choice("fg"))
    said = {chance.choice("xyz"): chance.choice((*_WORDS, 1.5, None, ["a", {}])) for _ in range(chance.randint(0, 2))}
    text = orjson.dumps(said).decode()
    while text:
        size = chance.randint(1, len(text))
        yield ToolArgs(key, text[:size])
        text = text[size:]


def _interleaved(calls: Sequence[list[Event]], chance: random.Random) -> Iterator[Event]:
    """Mix the calls' events, each call's in its order, and the calls' starts in theirs."""
    begun = 0
    while left := [call for call in calls[: begun + 1] if call]:
        call = chance.choice(left)
        begun += isinstance(call[0], ToolStart)
        yield call.pop(0)
        if chance.random() < 0.1:
            yield Ping()


def meaning(events: Sequence[Event]) -> dict[str, object]:
    """Return what an answer says, however it was cut into events."""
    calls = {event.key: [event.id, event.name, ""] for event in events if isinstance(event, ToolStart)}
    usage = Usage()
    for event in events:
        if isinstance(event, ToolArgs):
            calls[event.key][2] += event.text
        elif isinstance(event, Usage):
            usage = usage.updated(event)
    return {
        "thinking": "".join(event.text for event in events if isinstance(event, ThinkingDelta)),
        "text": "".join(event.text for event in events if isinstance(event, TextDelta)),
        "calls": [(ident, name, orjson.loads(said)) for ident, name, said in calls.values()],
        "usage": (usage.input_tokens, usage.output_tokens, usage.cache_read),
        "end": [event for event in events if isinstance(event, Finish | End | Failure)],
    }


def streamed(wire: WireFormat, events: Sequence[Event], chance: random.Random) -> list[Event]:
    """Return what a client of the format reads of the events, in random pieces."""
    encoder, parser, decoder = CODECS[wire].stream_encoder(ASKED), SseParser(), CODECS[wire].stream_decoder()
    sent = b"".join(encoder.feed(event) for event in events)
    read: list[Event] = []
    while sent:
        size = chance.randint(1, 300)
        read += [event for frame in parser.feed(sent[:size]) for event in decoder.feed(frame)]
        sent = sent[size:]
    read += [event for frame in parser.close() for event in decoder.feed(frame)]
    return [*read, *decoder.close()]


def whole(wire: WireFormat, events: Sequence[Event]) -> list[Event]:
    """Return what a client of the format reads of the events as one answer."""
    codec = CODECS[wire]
    return list(codec.decode_answer(codec.encode_answer(events, ASKED)))


def check(upstream: WireFormat, downstream: WireFormat, rounds: int, seed: int) -> None:
    """Fail if an answer of `upstream` means another thing to a client of `downstream`."""
    for number in range(rounds):
        chance = random.Random(f"{upstream}-{downstream}-{seed}-{number}")
        events = answer(chance)
        said = meaning(events)
        told = meaning(streamed(downstream, streamed(upstream, events, chance), chance))
        assert told == said, f"streamed, round {number} of seed {seed}: {told} is not {said}"
        told = meaning(whole(downstream, whole(upstream, events)))
        assert told == said, f"whole, round {number} of seed {seed}: {told} is not {said}"


if __name__ == "__main__":
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for pair in PAIRS:
        check(*pair, count, first)
        sys.stdout.write(f"{pair[0]} to {pair[1]}: {count} answers, streamed and whole\n")
