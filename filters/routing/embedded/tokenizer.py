"""Text to token ids: BERT's uncased WordPiece, with the words that were seen before remembered.

Most words of a prompt have been seen, so that the cost is one look-up each. The slow path, a word never seen, is pure
Python and holds the interpreter in a thread too; so it never tries a piece longer than the vocabulary can hold.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import chain
from typing import Final

UNKNOWN: Final = 100
"""The id of `[UNK]`, which stands for a text of which nothing is known."""

MAX_TOKENS: Final = 448 + 64
"""The most tokens that a text gives."""

MAX_CHARS: Final = 1536 + 512
"""The most characters of a text that are read."""

_HEAD_CHARS, _TAIL_CHARS = 1536, 512
_HEAD_TOKENS, _TAIL_TOKENS = 448, 64
_LONGEST_WORD = 100
_REMEMBERED_WORDS = 16_384
_CONTINUED = "##"
_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_WORDS = re.compile(rf"[^\W_{_CJK}]+|[^\w\s]|[_{_CJK}]")


def excerpt(text: str) -> str:
    """Return what is read of a text: of a long one the head and the tail."""
    return text if len(text) <= MAX_CHARS else f"{text[:_HEAD_CHARS]} {text[-_TAIL_CHARS:]}"


class Tokenizer:
    """Splits texts into the ids of vocabulary entries. Safe to share between threads."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._words = _WordIds(vocabulary)

    def __call__(self, text: str) -> list[int]:
        """Return 1 to `MAX_TOKENS` ids. Of a long text the head and the tail are read."""
        ids = self._ids(excerpt(text))
        if len(ids) > MAX_TOKENS:
            ids = ids[:_HEAD_TOKENS] + ids[-_TAIL_TOKENS:]
        return ids or [UNKNOWN]

    def _ids(self, text: str) -> list[int]:
        text = text.lower() if text.isascii() else _without_accents(text.lower())
        return list(chain.from_iterable(map(self._words.__getitem__, _WORDS.findall(text))))


def latin_share(text: str) -> float:
    """Return how many of a text's letters and digits are ASCII, accents aside: 0 to 1."""
    if text.isascii():
        return 1.0
    letters = [c for c in _without_accents(excerpt(text).lower()) if c.isalnum()]
    return sum(c.isascii() for c in letters) / max(len(letters), 1)


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")


class _WordIds(dict[str, tuple[int, ...]]):
    """The ids of each word seen, none for a word with an unknown piece. Emptied when it is full."""

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

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= _REMEMBERED_WORDS:
            self.clear()
        ids = self[word] = tuple(self._split(word)) if len(word) <= _LONGEST_WORD else ()
        return ids

    def _split(self, word: str) -> list[int]:
        ids: list[int] = []
        pieces = self._first
        while word:
            piece = pieces.longest_start_of(word)
            if not piece:
                return []
            ids.append(pieces.ids[piece])
            word = word[len(piece) :]
            pieces = self._later
        return ids


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
