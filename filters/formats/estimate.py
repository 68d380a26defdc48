"""How many tokens a request may have, where no provider counts them: an estimate from its text.

Four bytes of UTF-8 are taken for a token, which is near the mean of today's tokenizers for English prose and code; for
other scripts it counts too many rather than too few. An image counts as Anthropic's largest.
"""

from typing import Any, Final

from filters.context import Json

BYTES_PER_TOKEN: Final = 4
IMAGE_TOKENS: Final = 1600
_PARTS: Final = ("system", "messages", "tools")
_DATA: Final = frozenset({"base64", "url", "file"})


def estimate_tokens(body: Json) -> int:
    """Return an estimate of the input tokens of a body in the format of Messages."""
    size = sum(_bytes(body.get(part)) for part in _PARTS)
    return -(-size // BYTES_PER_TOKEN)


def _bytes(value: Any) -> int:
    """Return the size of a value's texts and keys; files count as an image each, whatever their bytes."""
    size, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            size += len(each.encode("utf-8", "surrogatepass"))
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, dict):
            if each.get("type") in _DATA:
                size += IMAGE_TOKENS * BYTES_PER_TOKEN
            else:
                size += sum(map(len, each))
                waiting.extend(each.values())
        elif each is not None:
            size += BYTES_PER_TOKEN
    return size
