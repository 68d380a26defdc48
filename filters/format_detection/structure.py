"""How many values a JSON text holds and how deep they nest, found before anything is made of them.

A parser makes an object of 56 to 232 bytes of each `[]` or `{"":0}`, and holds the interpreter while it does. This
looks at the bytes alone, in windows, so that other threads run in between. The text need not be JSON: then the counts
mean nothing, and the parser says what is wrong.
"""

from typing import Final, NamedTuple

import numpy as np

from filters.windows import find, whole_window, without_escaped_quotes

_WINDOW: Final = 1 << 18
"""Bytes that are read in one go: 1 ms, at most 5."""
_UNIMPORTANT: Final = bytes(set(range(256)) - set(b'"[]{},'))
_AS_STEPS: Final = bytes(1 if byte in b"[{" else 255 for byte in range(256))
"""1 for what opens; for what closes -1, as a signed byte."""

_ESCAPE: Final = rb"\u"
_WIDTHS: Final = np.array([1 + (byte >= 0xC4) + 2 * (byte >= 0xF0) for byte in range(256)], np.uint8)
"""Bytes of a character in memory, by the first byte of its UTF-8."""
_ESCAPED: Final = 6
"""Bytes of a character that is written as an escape."""


class Structure(NamedTuple):
    """What a JSON text holds."""

    values: int
    """At least as many as there are values; keys are not among them."""
    containers: int
    """Arrays and objects."""
    depth: int
    """How many of those are inside one another."""


def structure_of(text: bytes) -> Structure:
    """Count the values of a JSON text, in a time that grows with its bytes alone."""
    commas = containers = depth = deepest = at = inside = 0
    while at < len(text):
        window = whole_window(text, at, _WINDOW)
        at += len(window)
        bare = without_escaped_quotes(window).translate(None, _UNIMPORTANT).split(b'"')
        outside = b"".join(bare[inside::2])
        inside ^= (len(bare) - 1) & 1
        commas += outside.count(b",")
        containers += outside.count(b"[") + outside.count(b"{")
        depths = np.cumsum(np.frombuffer(outside.translate(_AS_STEPS, b","), np.int8), dtype=np.int64)
        if len(depths):
            deepest, depth = max(deepest, depth + int(depths.max())), depth + int(depths[-1])
    return Structure(commas + containers + 1, containers, deepest)


def growth_of(text: bytes) -> int:
    r"""Return how many bytes the strings of a JSON text take in memory, at most, beyond those that they have in it.

    Python keeps one byte for each character of a string, two where any is beyond Latin-1, four where any is an emoji or
    the like. An escape counts as all its characters, but for `\uXXXX`, which is one.
    """
    if text.isascii() and find(text, _ESCAPE) < 0:
        return 0
    total = at = inside = chars = size = 0
    width = 1
    while at < len(text):
        pieces = _between_quotes(text, at)
        pieces.chars[0] += chars
        pieces.sizes[0] += size
        pieces.widths[0] = max(pieces.widths[0], width)
        grown = np.maximum(pieces.chars * pieces.widths - pieces.sizes, 0)
        total += int(grown[inside ^ 1 : -1 : 2].sum())
        inside ^= (len(grown) - 1) & 1
        chars, size, width = int(pieces.chars[-1]), int(pieces.sizes[-1]), int(pieces.widths[-1])
        at = pieces.end
    return total + max(0, chars * width - size) * inside


class _Pieces(NamedTuple):
    """What is between the quotes of a window: of each piece its characters, bytes, and bytes of a character in memory.

    `end` is where the window ends.
    """

    chars: np.ndarray
    sizes: np.ndarray
    widths: np.ndarray
    end: int


def _between_quotes(text: bytes, at: int) -> _Pieces:
    window = whole_window(text, at, _WINDOW)
    bare = np.frombuffer(without_escaped_quotes(window), np.uint8)
    widths = _WIDTHS[bare]
    chars = ((bare & 0xC0) != 0x80).astype(np.int64)
    escapes = np.flatnonzero((bare[:-1] == _ESCAPE[0]) & (bare[1:] == _ESCAPE[1]))
    chars[escapes] -= _ESCAPED - 1
    behind = np.frombuffer(window + text[at + len(window) : at + len(window) + _ESCAPED].ljust(_ESCAPED), np.uint8)
    widths[escapes] = _width_of_escape(behind[escapes + 2], behind[escapes + 3])
    starts = np.concatenate(([0], np.flatnonzero(bare == ord('"'))))
    sizes = np.diff(starts, append=len(bare))
    chars = np.add.reduceat(chars, starts) * (sizes > 0)
    return _Pieces(chars, sizes, np.maximum.reduceat(widths, starts).astype(np.int64), at + len(window))


def _width_of_escape(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the bytes of a character in memory by the first two of its four hexadecimal digits."""
    latin = (first == ord("0")) & (second == ord("0"))
    half = ((first | 0x20) == ord("d")) & (second > ord("7"))
    return np.where(latin, 1, np.where(half, 4, 2))
