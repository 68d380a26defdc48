"""Searching, counting, joining and writing large texts in windows, so that no call holds the interpreter for long.

A method of `bytes`, or one call of orjson, keeps every other thread waiting until it returns: 31 MB of a string that is
all escapes take 90 ms to write. What is done in steps lets others run in between.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import repeat
from typing import Any, Final

import orjson

WINDOW: Final = 1 << 20
"""Bytes or characters of one step: 1 to 4 ms."""
_LEAST: Final = 16
"""What a value counts beside its characters, so that a step is of no more than 65,536 of them."""


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


def whole_window(text: bytes, at: int, size: int) -> bytes:
    """Return the next bytes of a JSON text, so many or one more: they never end between a backslash and its escape."""
    window = text[at : at + size]
    backslashes = len(window) - len(window.rstrip(b"\\"))
    return text[at : at + size + 1] if backslashes % 2 else window


def without_escaped_quotes(window: bytes) -> bytes:
    """Return a `whole_window` with `_` for each byte of an escaped backslash or quote: the quotes left bound strings.

    Within strings an escaped backslash goes before an escaped quote, as the text is read from the left.
    """
    return window.replace(rb"\\", b"__").replace(rb"\"", b"__")


def joined(*pieces: bytes | memoryview) -> bytes:
    """Return pieces as one text. Each is copied once, where it is a slice of a `memoryview` and not one of bytes."""
    return b"".join(pieces) if sum(map(len, pieces)) <= WINDOW else _gathered(pieces)


def _gathered(pieces: Iterable[bytes | memoryview]) -> bytes:
    text = BytesIO()
    for piece in pieces:
        if len(piece) <= WINDOW:
            text.write(piece)
            continue
        for start in range(0, len(piece), WINDOW):
            text.write(memoryview(piece)[start : start + WINDOW])
    return text.getvalue()


def dump_json(value: Any, size: int) -> bytes:
    """Write JSON. `size` is about how many bytes that will be; a short text is written in one go.

    Raises TypeError for what is no JSON, as orjson does.
    """
    return orjson.dumps(value) if size <= WINDOW else _gathered(_written(value))


def _written(value: Any) -> Iterator[bytes]:
    """Give the JSON of a value in pieces."""
    if isinstance(value, dict):
        yield from _container(value.items(), b"{", b"}")
    elif isinstance(value, list | tuple):
        yield from _container(zip(repeat(None), value), b"[", b"]")
    elif isinstance(value, str) and len(value) > WINDOW:
        yield from _string(value)
    else:
        yield orjson.dumps(value)


def _container(items: Iterable[tuple[Any, Any]], opening: bytes, closing: bytes) -> Iterator[bytes]:
    """Give an object or array: values that hold no others are written together, up to a window of them."""
    before, batch, size = opening, list[tuple[Any, Any]](), 0
    for key, value in items:
        plain = not isinstance(value, dict | list | tuple) and not (isinstance(value, str) and len(value) > WINDOW)
        if plain:
            batch.append((key, value))
            size += _LEAST + (len(value) if isinstance(value, str) else 0)
        if batch and (size > WINDOW or not plain):
            yield before + _plain(batch, opening)
            before, batch, size = b",", [], 0
        if not plain:
            yield before if key is None else before + orjson.dumps(key) + b":"
            yield from _written(value)
            before = b","
    if batch:
        yield before + _plain(batch, opening)
    yield opening + closing if before == opening and not batch else closing


def _plain(batch: Sequence[tuple[Any, Any]], opening: bytes) -> bytes:
    return orjson.dumps(dict(batch) if opening == b"{" else [value for _, value in batch])[1:-1]


def _string(text: str) -> Iterator[bytes]:
    yield b'"'
    for start in range(0, len(text), WINDOW):
        yield orjson.dumps(text[start : start + WINDOW])[1:-1]
    yield b'"'
