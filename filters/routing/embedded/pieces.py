"""Text to the ids of sentence pieces: the most likely segmentation under a unigram language model.

The vocabulary is that of Google's multilingual Universal Sentence Encoder, 128,000 pieces of sixteen languages. No
piece goes across a space, so that a text is split word by word, and words that were seen before are one look-up each.
The normalisation is NFKC and lower case, without control and format characters (a zero-width space is one).
"""

import unicodedata
from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Final

from filters.routing.embedded.tokenizer import excerpt

UNKNOWN: Final = 0
"""The piece that stands for a character of which nothing is known."""

MAX_PIECES: Final = 192 + 64
"""The most pieces of a text that are read, begin and end marks aside."""

_HEAD, _TAIL = 192, 64
_BEGIN, _END = 1, 2
_SPECIAL = 6
_SPACE = "\u2581"
_UNSEEN = {code: None for code in range(32) if not chr(code).isspace()}
_LONGEST_WORD = 64
_REMEMBERED_WORDS = 16_384
_UNKNOWN_PENALTY = 10.0


class Pieces:
    """Splits texts into ids. Safe to share between threads."""

    def __init__(self, vocabulary: Sequence[str], scores: Sequence[float]) -> None:
        self._words = _WordIds(vocabulary, scores)
        self._speaks = [any(map(str.isalnum, piece)) for piece in vocabulary]
        for special in range(_SPECIAL):
            self._speaks[special] = False

    def known_share(self, text: str) -> float:
        """Return how many pieces with letters or digits there are, of those and the unknown ones: 0 to 1."""
        ids = self(text)
        known = sum(self._speaks[number] for number in ids)
        return known / max(known + ids.count(UNKNOWN), 1)

    def __call__(self, text: str) -> list[int]:
        """Return the ids with begin and end marks. Of a long text the head and the tail are read."""
        normal = normalized(excerpt(text))
        ids = list(chain.from_iterable(self._words[_SPACE + word] for word in normal.split()))
        if len(ids) > MAX_PIECES:
            ids = ids[:_HEAD] + ids[-_TAIL:]
        return [_BEGIN, *ids, _END] if ids else [_BEGIN, UNKNOWN, _END]


def normalized(text: str) -> str:
    """Return a text in lower case and NFKC, without characters that cannot be seen."""
    if text.isascii():
        return text.lower().translate(_UNSEEN)
    composed = unicodedata.normalize("NFKC", text.lower())
    return "".join(c for c in composed if c.isspace() or unicodedata.category(c) not in {"Cc", "Cf"})


class _WordIds(dict[str, tuple[int, ...]]):
    """The ids of each word seen. Emptied when it is full; words over a length are not kept."""

    def __init__(self, vocabulary: Sequence[str], scores: Sequence[float]) -> None:
        super().__init__()
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}
        self._scores = array("f", scores)
        self._unknown = min(scores) - _UNKNOWN_PENALTY
        self._longest: dict[str, int] = {}
        for piece in vocabulary:
            self._longest[piece[:2]] = max(self._longest.get(piece[:2], 0), len(piece))

    def __missing__(self, word: str) -> tuple[int, ...]:
        ids = tuple(self._split(word))
        if len(word) <= _LONGEST_WORD:
            if len(self) >= _REMEMBERED_WORDS:
                self.clear()
            self[word] = ids
        return ids

    def _split(self, word: str) -> list[int]:
        """Return the segmentation of the highest score (Viterbi): one character that is no piece is unknown."""
        size = len(word)
        best = [0.0] + [float("-inf")] * size
        last: list[tuple[int, int]] = [(0, UNKNOWN)] * (size + 1)
        for start in range(size):
            for end in range(start + 1, min(size, start + self._longest.get(word[start : start + 2], 1)) + 1):
                piece = self._ids.get(word[start:end])
                if piece is None and end > start + 1:
                    continue
                score = best[start] + (self._unknown if piece is None else self._scores[piece])
                if score > best[end]:
                    best[end], last[end] = score, (start, UNKNOWN if piece is None else piece)
        ids: list[int] = []
        while size:
            size, piece = last[size]
            ids.append(piece)
        return ids[::-1]
