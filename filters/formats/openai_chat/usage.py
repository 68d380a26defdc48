"""Token counts, read from the ways in which servers report them and written in OpenAI's."""

import re
from typing import Final

from filters.context import Json
from filters.formats.canonical.events import Usage
from filters.formats.canonical.fields import count_of, object_of
from filters.formats.canonical.usage import FrameUsage

_TOKENS: Final = re.compile(rb'"usage"\s*:\s*\{')
"""A chunk without tokens says `"usage": null`, where they are asked for."""


def decode_usage(usage: Json) -> Usage:
    """Read a `usage` object. OpenAI counts the cache as input and reasoning as output, as the neutral form does."""
    prompt, completion = object_of(usage, "prompt_tokens_details"), object_of(usage, "completion_tokens_details")
    input_tokens, output_tokens = count_of(usage, "prompt_tokens"), count_of(usage, "completion_tokens")
    reasoning = count_of(completion, "reasoning_tokens")
    total = count_of(usage, "total_tokens")
    if reasoning and output_tokens is not None and total == (input_tokens or 0) + output_tokens + reasoning:
        output_tokens += reasoning  # xAI leaves reasoning out of completion_tokens; the total tells
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read=_first(
            count_of(prompt, "cached_tokens"),
            count_of(usage, "prompt_cache_hit_tokens"),  # DeepSeek
            count_of(usage, "cached_tokens"),  # Moonshot
        ),
        cache_write=_first(count_of(prompt, "cache_write_tokens"), count_of(usage, "cache_creation_input_tokens")),
        reasoning=reasoning,
    )


def answer_usage(holder: Json) -> Usage | None:
    """Read the tokens of an answer or of a chunk of one, None where it does not tell."""
    extra = holder.get("x_groq")
    usage = holder.get("usage") or (extra.get("usage") if isinstance(extra, dict) else None)
    return decode_usage(usage) if isinstance(usage, dict) else None


def stream_usage() -> FrameUsage:
    """Return a reader of the tokens in a stream that passes."""
    return FrameUsage(_TOKENS, answer_usage)


def encode_usage(usage: Usage) -> Json:
    """Write a `usage` object; what nobody counted is 0."""
    prompt, completion = usage.input_tokens or 0, usage.output_tokens or 0
    details: Json = {"cached_tokens": usage.cache_read or 0}
    if usage.cache_write is not None:
        details["cache_write_tokens"] = usage.cache_write
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": details,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
    }


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)
