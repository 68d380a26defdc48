"""The token counts of an answer that passes unread: found in its first and last bytes."""

import re
from typing import Any, Final

import orjson

from filters.formats.canonical.events import Usage

_TAIL: Final = 4096
_USAGE: Final = re.compile(rb'"usage"\s*:\s*(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})')
_INPUT: Final = ("prompt_tokens", "input_tokens", "total_tokens")
_OUTPUT: Final = ("completion_tokens", "output_tokens")


class UsageTail:
    """Sees the bytes of an answer, and keeps as many of its begin and its end as may hold the usage."""

    def __init__(self) -> None:
        self._head = b""
        self._tail = b""

    def feed(self, chunk: bytes) -> None:
        """See the next bytes."""
        if not self._head:
            self._head = chunk[:_TAIL]
        self._tail = chunk[-_TAIL:] if len(chunk) >= _TAIL else (self._tail + chunk)[-_TAIL:]

    def usage(self) -> Usage | None:
        """Return what the answer says of its tokens; None where it says nothing.

        One that tells of input alone (embeddings, rerank) has made no output: none is what that costs, not unknown.
        """
        found = [*_USAGE.findall(self._tail), *_USAGE.findall(self._head)]
        for text in found:
            try:
                counts: Any = orjson.loads(text)
            except orjson.JSONDecodeError:
                continue
            tokens, made = _first(counts, _INPUT), _first(counts, _OUTPUT)
            if tokens is not None or made is not None:
                return Usage(input_tokens=tokens, output_tokens=made or 0)
        return None


def _first(counts: dict[str, Any], names: tuple[str, ...]) -> int | None:
    return next((counts[name] for name in names if isinstance(counts.get(name), int)), None)
