"""More input than the model's context window holds: told from the words of a provider, and told in those of a vendor.

Clients act on it, by compaction: OpenAI's look at the code, Anthropic's at the words `prompt is too long`. Providers
have words of their own; some tell how many tokens there were and how many there may be.
"""

import re
from typing import Final, NamedTuple

from filters.formats.canonical.events import Failure

CODE: Final = "context_length_exceeded"
WORDS: Final = "prompt is too long"
_CODES: Final = frozenset({CODE, "context_window_exceeded", "model_context_window_exceeded", "string_above_max_length"})
_N: Final = r"(\d[\d,_.]{0,30}\d|\d)"
_BETWEEN: Final = r"(?:(?!\d).){1,80}?(?:requested|resulted in|contains?|has|is|are|have) (?:about )?"
_USED_THEN_LIMIT: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"prompt is too long: {_N} tokens? > {_N}",  # Anthropic
        rf"input length and `?max_tokens`? exceed context limit: {_N} \+ [\d,]+ > {_N}",  # Anthropic
        rf"input token count \(?{_N}\)? exceeds the maximum number of (?:input )?tokens allowed \(?{_N}",  # Gemini
        rf"prompt contains {_N} tokens.{{0,80}}too large for model with {_N}",  # Mistral
        rf"input (?:length|tokens?)[^\d]{{0,30}}{_N}[^\d]{{1,40}}(?:exceeds?|longer|greater)[^\d]{{1,60}}{_N}",
        rf"request \({_N} tokens\) exceeds the available context size \({_N} tokens\)",  # llama.cpp
        rf"contains? {_N} tokens.{{0,40}}(?:limit|maximum)[^\d]{{1,40}}{_N}",
        rf"input \({_N} tokens\) is longer than the model's context length \({_N}",  # SGLang
        rf"prompt is too long: {_N}, model maximum context length: {_N}",  # Fireworks
    )
)
_LIMIT_THEN_USED: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # OpenAI, vLLM, DeepSeek, xAI: "maximum context length is 8192 tokens. However, you requested 9000 tokens"
        rf"maximum (?:context|prompt|model|input|sequence) length (?:is|of) {_N}{_BETWEEN}{_N}",
        rf"exceeded model token limit: {_N} \(requested: {_N}\)",  # Moonshot
        rf"context (?:window|length|size) (?:is|of) {_N} tokens(?:(?!\d).){{1,80}}?{_N} tokens",
        rf"must be <= {_N}\. given: {_N} `?inputs`? tokens",  # Text Generation Inference, Together
    )
)
_LIMIT_ALONE: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"maximum (?:context|prompt|model|input|sequence) length (?:is|of) {_N}",
        rf"range of input length should be \[\d+, ?{_N}\]",  # Qwen
        rf"context (?:window|length|size|limit)[^\d]{{1,30}}{_N} tokens",
        rf"exceeds the maximum number of (?:input )?tokens allowed \(?{_N}",
    )
)
_PHRASES: Final = re.compile(
    r"prompt is too long|input is too long|context_length_exceeded|context[ _](?:window|length|limit|size)"
    r".{0,30}(?:exceed|overflow|too (?:small|long))"
    r"|(?:exceed|larger than|longer than|beyond|overflow)\w*.{0,40}context[ _](?:window|length|limit|size)"
    r"|maximum (?:context|prompt|model|sequence) length|exceeded model token limit|prompt exceeds max length"
    r"|range of input length should be|input token count.{0,20}exceeds|too large for model with"
    r"|longer than the model's context length|inputs`? tokens \+ `?max_new_tokens`? must be <="
    r"|too many tokens: size limit"
    r"|reduce the length of the (?:messages|input|prompt)|input length and `?max_tokens`? exceed|too many input tokens",
    re.IGNORECASE | re.DOTALL,
)
_STATUSES: Final = frozenset({200, 400, 413, 422, 500})
"""With these providers say so; a 429 with such words is about tokens a minute."""


class Overflow(NamedTuple):
    """How many tokens there were and how many there may be, where that is known."""

    used: int | None
    limit: int | None


def overflow_of(message: str, code: str | None, status: int) -> Overflow | None:
    """Return the numbers of an error that says that the context window is too small; None where it says another."""
    if code not in _CODES and (status not in _STATUSES or not _PHRASES.search(message)):
        return None
    for pattern in _USED_THEN_LIMIT:
        if found := pattern.search(message):
            return Overflow(_number(found[1]), _number(found[2]))
    for pattern in _LIMIT_THEN_USED:
        if found := pattern.search(message):
            return Overflow(_number(found[2]), _number(found[1]))
    limits = (found for pattern in _LIMIT_ALONE if (found := pattern.search(message)))
    return Overflow(None, next((_number(found[1]) for found in limits), None))


def recognised(failure: Failure) -> Failure:
    """Return a failure that says so by its code, status and kind where its words say it."""
    if overflow_of(failure.message, failure.code, failure.status) is None:
        return failure
    return Failure(400, failure.message, "invalid_request_error", CODE, failure.param)


def in_anthropics_words(failure: Failure) -> str:
    """Return the message as Anthropic begins it, so that its clients compact; the provider's own words follow."""
    if failure.code != CODE or _USED_THEN_LIMIT[0].search(failure.message):
        return failure.message
    found = overflow_of(failure.message, failure.code, failure.status)
    numbers = f"{found.used} tokens > {found.limit} maximum" if found and found.used and found.limit else ""
    if not numbers and WORDS in failure.message.lower():
        return failure.message
    return f"{WORDS}: {numbers} ({failure.message})" if numbers else f"{WORDS}: {failure.message}"


def _number(text: str) -> int:
    return int("".join(letter for letter in text if letter.isdigit()))
