"""How many values a JSON text holds and how deep they nest, found before anything is made of them.

A parser makes an object of 56 to 232 bytes of each `[]` or `{"":0}`, and holds the interpreter while it does. This
looks at the bytes alone, in windows, so that other threads run in between. The text need not be JSON: then the counts
mean nothing, and the parser says what is wrong.
"""

from typing import Final, NamedTuple

import numpy as np

from filters.windows import find

_WINDOW: Final = 1 << 18
"""Bytes that are read in one go: 1 ms, at most 5."""
_UNIMPORTANT: Final = bytes(set(range(256)) - set(b'"[]{},'))
_AS_STEPS: Final = bytes(1 if byte in b"[{" else 255 for byte in range(256))
"""1 for what opens; for what closes -1, as a signed byte."""

_ESCAPE: Final = rb"\u"
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
        window = _window(text, at)
        at += len(window)
        # within strings an escaped backslash goes before an escaped quote, as the text is read from the left
        bare = window.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _UNIMPORTANT).split(b'"')
        outside = b"".join(bare[inside::2])
        inside ^= (len(bare) - 1) & 1
        commas += outside.count(b",")
        containers += outside.count(b"[") + outside.count(b"{")
        depths = np.cumsum(np.frombuffer(outside.translate(_AS_STEPS, b","), np.int8), dtype=np.int64)
        if len(depths):
            deepest, depth = max(deepest, depth + int(depths.max())), depth + int(depths[-1])
    return Structure(commas + containers + 1, containers, deepest)


def wide_chars(text: bytes) -> int:
    """Count the characters of those strings of a JSON text that hold any beyond ASCII, as bytes or as escapes.

    Each string and key counts one character more than it has.
    """
    if text.isascii() and find(text, _ESCAPE) < 0:
        return 0
    total = at = inside = chars = 0
    wide = False
    while at < len(text):
        window = _window(text, at)
        at += len(window)
        pieces = _between_quotes(window)
        pieces.chars[0] += chars
        pieces.wide[0] |= wide
        total += int((pieces.chars * pieces.wide)[inside ^ 1 : -1 : 2].sum())
        inside ^= (len(pieces.chars) - 1) & 1
        chars, wide = int(pieces.chars[-1]), bool(pieces.wide[-1])
    return total + chars * wide * inside


class _Pieces(NamedTuple):
    """What is between the quotes of a window: of each piece how many characters, and whether any is beyond ASCII."""

    chars: np.ndarray
    wide: np.ndarray


def _between_quotes(window: bytes) -> _Pieces:
    bare = np.frombuffer(window.replace(rb"\\", b"_").replace(rb"\"", b"_"), np.uint8)
    escapes = np.zeros(len(bare), bool)
    escapes[:-1] = (bare[:-1] == _ESCAPE[0]) & (bare[1:] == _ESCAPE[1])
    chars = ((bare & 0xC0) != 0x80).astype(np.int64) - (_ESCAPED - 1) * escapes
    starts = np.concatenate(([0], np.flatnonzero(bare == ord('"'))))
    return _Pieces(np.add.reduceat(chars, starts), np.logical_or.reduceat((bare >= 0x80) | escapes, starts))


def _window(text: bytes, at: int) -> bytes:
    """Return the next bytes to read; they never end between a backslash and what it escapes."""
    window = text[at : at + _WINDOW]
    backslashes = len(window) - len(window.rstrip(b"\\"))
    return text[at : at + _WINDOW + 1] if backslashes % 2 else window
