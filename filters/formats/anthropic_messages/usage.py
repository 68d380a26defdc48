"""Tokens, counted Anthropic's way and the neutral way.

Anthropic's `input_tokens` leaves out what was read from and written to the cache; the neutral form's includes both.
Anthropic's counts in a stream are cumulative: what `message_delta` says replaces what `message_start` said. Some
servers say 0 in the first and the truth in the second (OpenRouter), others leave the input out of the second.
"""

import re
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.events import Usage
from filters.formats.canonical.fields import count_of, object_of
from filters.formats.canonical.usage import FrameUsage

_TOKENS: Final = re.compile(rb'"usage"\s*:\s*\{')

_INPUT: Final = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


class Tally:
    """Merges the counts of one answer."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def merge(self, usage: Any) -> Usage | None:
        """Take a `usage` object and give what is known now; None where it says nothing."""
        if not isinstance(usage, dict):
            return None
        said = {name: count for name in (*_INPUT, "output_tokens") if (count := count_of(usage, name)) is not None}
        if not any(said.get(name) for name in _INPUT) and any(self._counts.get(name) for name in _INPUT):
            said = {name: count for name, count in said.items() if name not in _INPUT}
        thinking = count_of(object_of(usage, "output_tokens_details"), "thinking_tokens")
        if thinking is not None:
            said["thinking_tokens"] = thinking
        self._counts |= said
        return self._neutral() if said else None

    def _neutral(self) -> Usage:
        counts = self._counts
        known = [counts[name] for name in _INPUT if name in counts]
        return Usage(
            input_tokens=sum(known) if known else None,
            output_tokens=counts.get("output_tokens"),
            cache_read=counts.get("cache_read_input_tokens"),
            cache_write=counts.get("cache_creation_input_tokens"),
            reasoning=counts.get("thinking_tokens"),
        )


def answer_usage(body: Json) -> Usage | None:
    """Read the tokens of a whole answer, None where it does not tell."""
    return Tally().merge(body.get("usage"))


def stream_usage() -> FrameUsage:
    """Return a reader of the tokens in a stream that passes."""
    tally = Tally()

    def read(event: Json) -> Usage | None:
        message = event.get("message")
        return tally.merge(message.get("usage") if isinstance(message, dict) else event.get("usage"))

    return FrameUsage(_TOKENS, read)


def encode_usage(usage: Usage) -> Json:
    """Write what is known; `output_tokens` always, since Anthropic's types require it."""
    out: Json = {}
    if usage.input_tokens is not None:
        out["input_tokens"] = max(usage.input_tokens - (usage.cache_read or 0) - (usage.cache_write or 0), 0)
    if usage.cache_write is not None:
        out["cache_creation_input_tokens"] = usage.cache_write
    if usage.cache_read is not None:
        out["cache_read_input_tokens"] = usage.cache_read
    out["output_tokens"] = usage.output_tokens or 0
    if usage.reasoning is not None:
        out["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return out
