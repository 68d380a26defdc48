"""What servers do to a stream that means the same: other line ends, comments, usage in odd places, events left out."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from filters.context import WireFormat
from filters.formats.sse import SseParser, frame

Json = dict[str, Any]
_Habit = Callable[[list[tuple[str, Json]], random.Random], None]


def in_the_servers_way(wire: WireFormat, sent: bytes, chance: random.Random) -> bytes:
    """Return the bytes of a stream as another server of the format might have sent them."""
    events = [(event.event, event.data) for event in SseParser().feed(sent)]
    done = [data for _, data in events if data == b"[DONE]"]
    parsed = [(name, orjson.loads(data)) for name, data in events if data != b"[DONE]"]
    for habit in _HABITS[wire]:
        if chance.random() < 0.3:
            habit(parsed, chance)
    named = wire == "openai_chat" or chance.random() < 0.8
    frames = [frame(name if named else "", orjson.dumps(data)) for name, data in parsed]
    frames += [frame("", data) for data in done if chance.random() < 0.9]
    if chance.random() < 0.3:
        frames.insert(chance.randint(0, len(frames)), b": keep-alive\n\n")
    return b"".join(frames).replace(b"\n", chance.choice((b"\n", b"\n", b"\r\n")))


# --- Chat Completions -------------------------------------------------------------------------------------------------


def _usage_with_the_last_words(events: list[tuple[str, Json]], _: random.Random) -> None:
    """Send the usage with the reason for the end, not in a chunk of its own (Groq, Ollama, Mistral)."""
    _, last = events.pop()
    events[-1][1]["usage"] = last["usage"]


def _usage_all_along(events: list[tuple[str, Json]], _: random.Random) -> None:
    """Count in every chunk (vLLM's `continuous_usage_stats`)."""
    for number, (_, chunk) in enumerate(events[:-1]):
        chunk["usage"] = {"prompt_tokens": 1, "completion_tokens": number, "total_tokens": number + 1}


def _nulls(events: list[tuple[str, Json]], _: random.Random) -> None:
    """Name every field of a delta."""
    for _, chunk in events:
        for choice in chunk["choices"]:
            choice["delta"] = {"content": None, "reasoning_content": None, "tool_calls": None} | choice["delta"]


def _whole_calls(events: list[tuple[str, Json]], _: random.Random) -> None:
    """Send each call at once and without an index (Gemini, older Ollama)."""
    calls: dict[int, Json] = {}
    for _, chunk in events:
        for choice in chunk["choices"]:
            for piece in choice["delta"].pop("tool_calls", None) or ():
                whole = calls.setdefault(piece["index"], piece)
                kind, said = ("custom", "input") if "custom" in piece else ("function", "arguments")
                if whole is not piece:
                    whole[kind][said] += piece[kind][said]
    for call in calls.values():
        call.pop("index")
        finish = next(number for number, (_, chunk) in enumerate(events) if _finished(chunk))
        choice = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}
        events.insert(finish, ("", {**events[finish][1], "choices": [choice]}))


def _finished(chunk: Json) -> bool:
    return any(choice["finish_reason"] for choice in chunk["choices"])


# --- Anthropic Messages -----------------------------------------------------------------------------------------------


def _usage_at_the_start(events: list[tuple[str, Json]], _: random.Random) -> None:
    """Count the input where the answer starts and the output alone where it ends (Anthropic itself, of old)."""
    told = events[-2][1]["usage"]
    events[0][1]["message"]["usage"] = told | {"output_tokens": 1}
    kept = ("output_tokens", "output_tokens_details")
    events[-2][1]["usage"] = {name: count for name, count in told.items() if name in kept}


def _pings(events: list[tuple[str, Json]], chance: random.Random) -> None:
    for _ in range(3):
        events.insert(chance.randint(1, len(events)), ("ping", {"type": "ping"}))


def _twice(events: list[tuple[str, Json]], chance: random.Random) -> None:
    """Say that it starts, and that it stops, twice (seen in gateways)."""
    number = chance.choice((0, len(events) - 1))
    events.insert(number, events[number])


# --- Responses --------------------------------------------------------------------------------------------------------


def _late_arguments(events: list[tuple[str, Json]], _: random.Random) -> None:
    """Leave the pieces of arguments out: they come whole, when the call is done."""
    events[:] = [event for event in events if event[0] != "response.function_call_arguments.delta"]


def _items_alone(events: list[tuple[str, Json]], _: random.Random) -> None:
    """Send items when they are done, in their order, and nothing of their parts."""
    done = [event for event in events if event[0] == "response.output_item.done"]
    events[:] = [events[0], *sorted(done, key=lambda event: event[1]["output_index"]), events[-1]]


def _only_the_end(events: list[tuple[str, Json]], _: random.Random) -> None:
    """Send the response alone, when it is complete."""
    events[:] = [events[0], events[-1]]


_HABITS: Mapping[WireFormat, tuple[_Habit, ...]] = {
    "openai_chat": (_nulls, _whole_calls, _usage_all_along, _usage_with_the_last_words),
    "anthropic_messages": (_usage_at_the_start, _pings, _twice),
    "openai_responses": (_late_arguments, _items_alone, _only_the_end),
}
