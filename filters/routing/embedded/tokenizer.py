"""Text to token ids: BERT's uncased WordPiece, with what was seen before remembered.

Most of what stands between two spaces has been seen, so that the cost is one look-up each. The slow path, a word never
seen, is pure Python and holds the interpreter in a thread too; so it never tries a piece longer than the vocabulary can
hold.
"""

import re
import unicodedata
from array import array
from collections.abc import Iterable
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Ids: TypeAlias = npt.NDArray[np.uint16]

UNKNOWN: Final = 100
"""The id of `[UNK]`, which stands for a text of which nothing is known."""

MAX_TOKENS: Final = 448 + 64
"""The most tokens that a text gives."""

MAX_CHARS: Final = 1536 + 512
"""The most characters of a text that are read."""

_HEAD_CHARS, _TAIL_CHARS = 1536, 512
_HEAD_TOKENS, _TAIL_TOKENS = 448, 64
_LONGEST_WORD = 100
_REMEMBERED = 16_384
_CONTINUED = "##"
_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_NOTHING_KNOWN = array("H", [UNKNOWN]).tobytes()
_WORDS = re.compile(rf"[^\W_{_CJK}]+|[^\w\s]|[_{_CJK}]")


def excerpt(text: str) -> str:
    """Return what is read of a text: of a long one the head and the tail."""
    return text if len(text) <= MAX_CHARS else f"{text[:_HEAD_CHARS]} {text[-_TAIL_CHARS:]}"


class Tokenizer:
    """Splits texts into the ids of vocabulary entries. Safe to share between threads."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._words = _WordIds(vocabulary)

    def __call__(self, text: str) -> Ids:
        """Return 1 to `MAX_TOKENS` ids. Of a long text the head and the tail are read."""
        text = excerpt(text)
        text = text.lower() if text.isascii() else _without_accents(text.lower())
        ids = np.frombuffer(b"".join(map(self._words.__getitem__, text.split())) or _NOTHING_KNOWN, np.uint16)
        return ids if len(ids) <= MAX_TOKENS else np.concatenate((ids[:_HEAD_TOKENS], ids[-_TAIL_TOKENS:]))


def latin_share(text: str) -> float:
    """Return how many of a text's letters and digits are ASCII, accents aside: 0 to 1."""
    if text.isascii():
        return 1.0
    letters = [c for c in _without_accents(excerpt(text).lower()) if c.isalnum()]
    return sum(c.isascii() for c in letters) / max(len(letters), 1)


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")


class _WordIds(dict[str, bytes]):
    """The ids of what was seen, 16 bits each: of words, and of what stands between spaces ("word," is two words).

    A word with an unknown piece has none. Emptied when it is full; what is over a length is not kept.
    """

    def __init__(self, vocabulary: Iterable[str]) -> None:
        super().__init__()
        first: dict[str, int] = {}
        later: dict[str, int] = {}
        for i, entry in enumerate(vocabulary):
            if entry.startswith(_CONTINUED):
                later[entry.removeprefix(_CONTINUED)] = i
            else:
                first[entry] = i
        self._first, self._later = _Pieces(first), _Pieces(later)

    def __missing__(self, text: str) -> bytes:
        words = _WORDS.findall(text)
        ids = self._split(text) if words == [text] else b"".join(map(self.__getitem__, words))
        if len(text) <= _LONGEST_WORD:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[text] = ids
        return ids

    def _split(self, word: str) -> bytes:
        ids = array("H")
        pieces = self._first
        rest = word if len(word) <= _LONGEST_WORD else ""
        while rest:
            piece = pieces.longest_start_of(rest)
            if not piece:
                return b""
            ids.append(pieces.ids[piece])
            rest = rest[len(piece) :]
            pieces = self._later
        return ids.tobytes()


class _Pieces:
    """Pieces by their text, and how long a piece may be that starts with some three letters."""

    def __init__(self, ids: dict[str, int]) -> None:
        self.ids = ids
        self._longest: dict[str, int] = {}
        for piece in ids:
            start = piece[:3]
            self._longest[start] = max(self._longest.get(start, 0), len(piece))

    def longest_start_of(self, word: str) -> str:
        """Return the longest piece that the word starts with, empty where there is none."""
        size = min(len(word), self._longest.get(word[:3], 2))
        while size and word[:size] not in self.ids:
            size -= 1
        return word[:size]
