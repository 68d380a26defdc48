"""Parsing a large JSON text in pieces, so that no call holds the interpreter for long.

One call of orjson keeps every other thread waiting until it returns: 31 MB of escapes take 90 ms, 500,000 keys 170 ms.
So a large text is cut behind commas, and inside strings that are longer than a window. Each piece is made a JSON text
of its own: what is open where it begins is opened again, and what is open where it ends is closed behind a mark that no
text holds by chance. What the pieces hold is then put together along what was open:

    {"a": [1, {"b": 2,|"c": 3}], "d": "xx|yy"}
    {"a": [1, {"b": 2,"mark":0}]}    {"name":[{"c": 3}], "d": "xxmark"}    {"name":"yy"}
"""

import secrets
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import orjson

from filters.windows import WINDOW, whole_window, without_escaped_quotes

_SCANNED: Final = 1 << 18
"""Bytes that are searched in one go: 2 ms."""
_PIECE: Final = 1 << 20
"""Bytes of a piece, and a window more at most: 1 to 5 ms."""
_VALUES: Final = 16_384
"""Values of a piece, and those of a window more at most: 5 to 15 ms."""
_DEEPEST: Final = 1024
_QUOTE, _COMMA, _LIST, _DICT = b'",[{'
_STEPS: Final = np.array([(byte in b"[{") - (byte in b"]}") for byte in range(256)], np.int8)
_IMPORTANT: Final = np.array([byte in b'",[]{}' for byte in range(256)])
_CLOSING: Final = bytes.maketrans(b"[{", b"]}")
_ESCAPED: Final = 6
"""Bytes of a character that is written as an escape."""
_LOW_HALVES: Final = frozenset((b"dc", b"dd", b"de", b"df"))


class _Cut(NamedTuple):
    """Where a piece ends, and what is open there: the brackets, from the outside in, and whether a string is.

    The next piece begins at `resume`. `lowest` is how many of what was open where the piece began never closed in it;
    `same_string` tells that the piece lies within one string.
    """

    at: int
    resume: int
    stack: bytes = b""
    in_string: bool = False
    lowest: int = 0
    same_string: bool = False


def parse_json(text: bytes) -> Any:
    """Parse JSON as orjson does, a large text in pieces.

    Raises orjson.JSONDecodeError; also for a large text in which a name stands twice on both sides of a cut.
    """
    return orjson.loads(text) if len(text) <= WINDOW else _Pieces(text).put_together()


class _Pieces:
    """The pieces of one text, and what has been put together of them.

    `spine` are the arrays and objects that are open, from the outside in.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._mark = secrets.token_hex(16)
        self._name = self._mark[::-1]
        """Under which what is open in an object is opened again."""
        self._spine: list[Any] = []

    def put_together(self) -> Any:
        """Return the value of the text.

        `string` is what has been read of the string that is open: the last value of the innermost of the spine. It
        grows where it lies, which CPython does for a local variable that alone refers to it; pieces that are joined at
        the end, or a `StringIO`, would be in memory twice.
        """
        begun, root, string = _Cut(0, 0), None, ""
        for cut in _Scanner(self._text).cuts():
            piece = self._parsed(begun, cut)
            inside = self._inside(piece, begun)
            if begun.in_string:
                string += piece if cut.same_string else inside[-1].pop(self._first(inside[-1]))
            if not cut.same_string:
                if begun.in_string:
                    self._spine[-1][_last(self._spine[-1])] = string
                if self._spine:
                    self._add(inside, begun)
                    del self._spine[max(cut.lowest, 1) :]
                else:
                    root, self._spine = piece, [piece]
                string = self._descend(cut)
            begun = cut
        return root

    def _parsed(self, begun: _Cut, cut: _Cut) -> Any:
        before, behind = (b'"', b'"') if cut.same_string else (self._opening(begun), self._closing(cut))
        piece = b"".join((before, memoryview(self._text)[begun.resume : cut.at], behind))
        try:
            return orjson.loads(piece)
        except orjson.JSONDecodeError as error:
            cut_name = cut.in_string and error.pos >= len(piece) - len(behind)
            why = "a name in an object is too long" if cut_name else error.msg
            raise orjson.JSONDecodeError(why, "", max(0, begun.resume + error.pos - len(before))) from None

    def _opening(self, begun: _Cut) -> bytes:
        name = b'"%b":' % self._name.encode()
        opening = b"".join(b"[" if each == _LIST else b"{" + name for each in begun.stack)
        if begun.in_string:
            return opening + b'"'
        return opening.removesuffix(name)

    def _closing(self, cut: _Cut) -> bytes:
        mark = self._mark.encode()
        if not cut.stack:
            return b""
        last = mark + b'"' if cut.in_string else b',"%b"' % mark + (b"" if cut.stack[-1] == _LIST else b":0")
        return last + cut.stack[::-1].translate(_CLOSING)

    def _inside(self, piece: Any, begun: _Cut) -> list[Any]:
        """Return what a piece holds of what was open where it began, from the outside in."""
        inside = [piece]
        if not isinstance(piece, str):
            for _ in begun.stack[1:]:
                inside.append(inside[-1][self._first(inside[-1])])
        return inside

    def _add(self, added: list[Any], begun: _Cut) -> None:
        """Add what a piece holds to what was open where it began."""
        if not (begun.in_string or added[-1]):
            raise orjson.JSONDecodeError("trailing comma is not allowed", "", begun.at)
        for into, more in zip(self._spine[::-1], added[::-1], strict=True):
            if more is not added[-1]:
                del more[self._first(more)]
            into.extend(more) if isinstance(into, list) else into.update(more)

    def _first(self, holder: Any) -> Any:
        return 0 if isinstance(holder, list) else self._name

    def _descend(self, cut: _Cut) -> str:
        """Follow the last values down to what is open where a piece ends, and take the mark away there.

        Returns what has been read of the string that is open, if there is one.
        """
        while len(self._spine) < len(cut.stack):
            self._spine.append(self._last_of(self._spine[-1], list | dict))
        if not cut.stack:
            return ""
        last = self._last_of(self._spine[-1], object)
        if cut.in_string:
            if not (isinstance(last, str) and last.endswith(self._mark)):
                raise _twice()
            return last.removesuffix(self._mark)
        innermost = self._spine[-1]
        found = innermost.pop() if isinstance(innermost, list) else innermost.popitem()[0]
        if found != self._mark:
            raise _twice()
        return ""

    def _last_of(self, holder: Any, kind: Any) -> Any:
        last = holder[_last(holder)] if holder else None
        if not isinstance(last, kind):
            raise _twice()
        return last


def _last(holder: Any) -> Any:
    return -1 if isinstance(holder, list) else next(reversed(holder))


def _twice() -> orjson.JSONDecodeError:
    return orjson.JSONDecodeError("a name stands twice in an object", "", 0)


class _Marks(NamedTuple):
    """What of a window matters: where brackets and commas outside of strings are, and which.

    `quotes` are the quotes that begin or end a string; `inside` tells whether a string is open at the window's end.
    """

    where: np.ndarray
    chars: np.ndarray
    quotes: int
    inside: int


class _Scanner:
    """Finds where a text is to be cut. Where it turns out to be no JSON it is cut no more."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._kinds = np.zeros(_DEEPEST, np.uint8)
        """The brackets that are open, and behind `depth` what was open before."""
        self._depth = self._lowest = self._began = self._values = self._quotes = 0
        self._in_string = 0

    def cuts(self) -> Iterator[_Cut]:
        """Give the cuts, the last of which is the text's end."""
        at = 0
        while at < len(self._text):
            window = whole_window(self._text, at, _SCANNED)
            marks = _marks(window, self._in_string)
            depths = self._depth + np.cumsum(_STEPS[marks.chars], dtype=np.int64)
            if len(depths) and not 0 <= depths.min() <= depths.max() < _DEEPEST:
                break
            end = at + len(window)
            self._values += len(depths)
            if end - self._began >= _PIECE or self._values >= _VALUES:
                commas = np.flatnonzero((marks.chars == _COMMA) & (depths > 0))
                if len(commas):
                    last = int(commas[-1])
                    self._pass(marks.chars[:last], depths[:last])
                    yield self._cut(at + int(marks.where[last]), 1)
                    marks, depths = marks._replace(chars=marks.chars[last + 1 :]), depths[last + 1 :]
                elif self._in_string and marks.quotes == 0 and self._depth:
                    end = at + _whole_characters(self._text, at, window)
                    yield self._cut(end, 0)
            self._pass(marks.chars, depths)
            self._quotes += marks.quotes
            at, self._in_string = end, marks.inside
        yield _Cut(len(self._text), len(self._text))

    def _pass(self, chars: np.ndarray, depths: np.ndarray) -> None:
        """Note what has been opened, and how much has been closed."""
        if len(chars):
            opening = _STEPS[chars] > 0
            self._kinds[depths[opening] - 1] = chars[opening]
            self._depth, self._lowest = int(depths[-1]), min(self._lowest, int(depths.min()))

    def _cut(self, at: int, skipped: int) -> _Cut:
        in_string = not skipped
        same = in_string and self._quotes == 0
        cut = _Cut(at, at + skipped, self._kinds[: self._depth].tobytes(), in_string, self._lowest, same)
        self._began, self._lowest, self._values, self._quotes = cut.resume, self._depth, 0, 0
        return cut


def _marks(window: bytes, inside: int) -> _Marks:
    bare = np.frombuffer(without_escaped_quotes(window), np.uint8)
    where = np.flatnonzero(_IMPORTANT[bare])
    chars = bare[where]
    quotes = chars == _QUOTE
    within = (np.cumsum(quotes) + inside) & 1
    outside = ~quotes & (within == 0)
    return _Marks(where[outside], chars[outside], int(quotes.sum()), int(within[-1]) if len(within) else inside)


def _whole_characters(text: bytes, at: int, window: bytes) -> int:
    """Return how much of a window within a string can be read alone: no escape, pair or character is cut."""
    end = len(window)
    bare = without_escaped_quotes(window)
    escape = bare.rfind(b"\\", max(0, end - _ESCAPED))
    if escape >= 0:
        of_pair = text[at + escape + 2 : at + escape + 4].lower() in _LOW_HALVES
        return max(1, escape - _ESCAPED * of_pair)
    while 0 < end < len(text) - at and text[at + end] & 0xC0 == 0x80:
        end -= 1
    return end or len(window)
