"""Half an emoji in a JSON text: an escape of one surrogate without the other.

Who cuts a string in the middle of an emoji, as JavaScript clients and streams in pieces do, sends half of it. The
grammar of JSON allows that; strict parsers refuse it.
"""

import re
from typing import Final

MOST: Final = 1000
"""How many halves are replaced: each is the end or the beginning of a string that was cut, and a text has few."""
_WINDOW: Final = 1 << 18
"""Bytes that one call of the regular expression reads, since it holds the interpreter: 3 ms at most."""
_PAIR: Final = 12
_WHOLE: Final = re.compile(
    rb"(?:[^\\]++|\\(?:[^u]|u(?=[^dD]|[dD][^89a-fA-F])|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))*+",
    re.DOTALL,
)
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_REPLACEMENT: Final = rb"\ufffd"


def without_halves(text: bytes) -> bytes | None:
    """Return the text with U+FFFD for each half, None where it has none, or more than `MOST`.

    Linear in the text, whatever it holds.
    """
    mended: bytearray | None = None
    at = replaced = 0
    while at < len(text):
        end = min(at + _WINDOW, len(text))
        stop = _end_of_whole(text, at, end)
        if stop > max(at, end - _PAIR) or stop == len(text):
            at = stop
        elif _HALF.match(text, stop) and replaced < MOST:
            mended = bytearray(text) if mended is None else mended
            mended[stop : stop + len(_REPLACEMENT)] = _REPLACEMENT
            at, replaced = stop + len(_REPLACEMENT), replaced + 1
        else:
            return None
    return None if mended is None else bytes(mended)


def _end_of_whole(text: bytes, at: int, end: int) -> int:
    match = _WHOLE.match(text, at, end)
    return match.end() if match else at
