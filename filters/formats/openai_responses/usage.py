"""Token counts, read and written as Responses has them."""

import re
from typing import Final

from filters.context import Json
from filters.formats.canonical.events import Usage
from filters.formats.canonical.fields import count_of, object_of
from filters.formats.canonical.usage import FrameUsage

_TOKENS: Final = re.compile(rb'"usage"\s*:\s*\{')


def decode_usage(usage: Json) -> Usage:
    """Read a `usage` object. OpenAI counts the cache as input and reasoning as output, as the canonical form does."""
    read, written = object_of(usage, "input_tokens_details"), object_of(usage, "output_tokens_details")
    return Usage(
        input_tokens=count_of(usage, "input_tokens"),
        output_tokens=count_of(usage, "output_tokens"),
        cache_read=count_of(read, "cached_tokens"),
        cache_write=count_of(read, "cache_write_tokens"),
        reasoning=count_of(written, "reasoning_tokens"),
    )


def encode_usage(usage: Usage) -> Json:
    """Write the tokens; what is not known counts as none."""
    read, written = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": usage.cache_read or 0, "cache_write_tokens": usage.cache_write or 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": read + written,
    }


def answer_usage(body: Json) -> Usage | None:
    """Read the tokens of a whole answer, None where it does not tell."""
    usage = body.get("usage")
    return decode_usage(usage) if isinstance(usage, dict) else None


def stream_usage() -> FrameUsage:
    """Return a reader of the tokens in a stream that passes; they are in the event that ends it."""
    return FrameUsage(_TOKENS, lambda event: answer_usage(object_of(event, "response")))
