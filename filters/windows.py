"""Searching, counting and writing large texts in windows, so that no call holds the interpreter for long.

A method of `bytes`, or one call of orjson, keeps every other thread waiting until it returns: 31 MB of a string that is
all escapes take 90 ms to write. What is done in steps lets others run in between.
"""

from typing import Any, Final

import orjson

WINDOW: Final = 1 << 20
"""Bytes or characters of one step: 1 to 4 ms."""


def count(text: bytes, byte: bytes) -> int:
    """Return how often a byte stands in a text."""
    if len(text) <= WINDOW:
        return text.count(byte)
    return sum(text.count(byte, start, start + WINDOW) for start in range(0, len(text), WINDOW))


def find(text: bytes, piece: bytes, at: int = 0) -> int:
    """Return where a piece stands in a text, at `at` or behind it; -1 where it does not."""
    overlap = len(piece) - 1
    for start in range(at, len(text), WINDOW):
        found = text.find(piece, start, start + WINDOW + overlap)
        if found >= 0:
            return found
    return -1


def dump_json(value: Any, size: int) -> bytes:
    """Write JSON. `size` is about how many bytes that will be; a short text is written in one go.

    Raises TypeError for what is no JSON, as orjson does.
    """
    return orjson.dumps(value if size <= WINDOW else _with_long_strings_written(value))


def _with_long_strings_written(value: Any) -> Any:
    """Return a value with each string that is longer than a window replaced by its JSON; keys stay as they are."""
    if isinstance(value, str):
        return orjson.Fragment(_written(value)) if len(value) > WINDOW else value
    if isinstance(value, dict):
        return {key: _with_long_strings_written(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_long_strings_written(each) for each in value]
    return value


def _written(text: str) -> bytes:
    pieces = [b'"']
    pieces += (orjson.dumps(text[start : start + WINDOW])[1:-1] for start in range(0, len(text), WINDOW))
    pieces.append(b'"')
    return b"".join(pieces)
