"""The accurate encoder: a multilingual sentence encoder with heads of its own, beside the fast encoder.

Its vector is that of the fast encoder, weighed by how well that can read the text, followed by the trained and the raw
part of the sentence vector. So logits stay inner products, and examples are learned as they are from the fast one.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple, Self
from zlib import crc32

import numpy as np
import numpy.typing as npt

from filters.routing.classifier import Prompt
from filters.routing.embedded import model
from filters.routing.embedded.encoder import Floats, floats, has_words, route_text
from filters.routing.embedded.follow import Follow
from filters.routing.embedded.model import Model
from filters.routing.embedded.sentence import SIZE, SentenceEncoder

_GELU: Final = math.sqrt(2 / math.pi)
_TINY: Final = 1e-12
_READABLE: Final = 0.5
"""The least share of a text's pieces that must be known."""
_REMEMBERED_ROUTES: Final = 4096
_BATCH: Final = 16
_LEARNED: Final = 0.8
"""The length of each half of the sentence vector where examples are learned, as of each part of the fast vector."""
_LEARNED_TRAINED: Final = 0.4
"""The length of the trained part: it has been fitted to kinds of tasks, and examples tell finer things apart."""
_GATE: Final = 1 / 3
"""How much of the fast vector the gate lets through for an English text, about."""
_WEIGHTS: Final = "accurate.npz"
_SENTENCES: Final = ("sentence.npz", "sentence_table.npy")


class Accurate:
    """The encoder `accurate`. `fast` is the encoder beside it."""

    name = "accurate"

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]], sentences: SentenceEncoder, fast: Model) -> None:
        self._sentences = sentences
        self._fast = fast
        self._gate, self._gate_bias = floats(weights["gate"]), float(weights["gate_bias"])
        self._query_head, self._route_head = _Head.of(weights, "q"), _Head.of(weights, "d")
        self._scale = math.sqrt(float(weights["scale"]))
        self._trained, self._raw = math.sqrt(float(weights["a"])), math.sqrt(float(weights["c"]))
        self.bias, self._fast_bias = float(weights["b"]), float(weights["fast_bias"])
        parts = (1, len(self._query_head.bias), SIZE)
        self.size = fast.size + sum(parts)
        shares = np.repeat([0.0, _LEARNED_TRAINED / self._trained, _LEARNED * math.sqrt(2) / self._raw], parts)
        self.learning = np.append(fast.learning / (_GATE * self._scale), shares).astype(np.float32)
        self.likeness = slice(self.size - SIZE, self.size)
        self.fingerprint = f"{crc32(weights['q_linear'].tobytes(), int(fast.fingerprint, 16)):08x}"
        self._follow = Follow.of(weights)
        self._remembered = lru_cache(_REMEMBERED_ROUTES)(self._route)

    @classmethod
    def of_package(cls, fast: Model) -> Self:
        """Read the weights that ship with the package, and map the table of pieces into memory."""
        folder = files(__package__)
        dense, table = (Path(str(folder.joinpath(name))) for name in _SENTENCES)
        with np.load(dense, allow_pickle=False) as npz:
            sentences = SentenceEncoder(dict(npz), np.load(table, mmap_mode="r", allow_pickle=False))
        with np.load(Path(str(folder.joinpath(_WEIGHTS))), allow_pickle=False) as npz:
            return cls(dict(npz), sentences, fast)

    def query(self, text: str) -> Floats:
        """Return the vector of a text that a user wrote, shape (size,)."""
        vector: Floats = self._queries([text])[0]
        return vector

    def queries(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of texts as rows, shape (m, size), read in batches of texts of like length."""
        vectors = np.empty((len(texts), self.size), np.float32)
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            vectors[batch] = self._queries([texts[at] for at in batch])
        return vectors

    def route(self, name: str, description: str) -> Floats:
        """Return the vector of a route, shape (size,). Those met lately are remembered."""
        return self._remembered(name, description)

    def read(self, prompts: Sequence[Prompt]) -> list[Floats | None]:
        """Return the vector of each prompt, None for one in a script that is none of the sixteen languages'."""
        return self._follow.read(prompts, self.readable, self._queries, self._raw_part)

    def readable(self, text: str) -> bool:
        """Whether the vocabulary has pieces for most of a text."""
        return has_words(text) and self._sentences.known_share(text) >= _READABLE

    def _raw_part(self, vector: Floats) -> Floats:
        """Return the raw part of a vector, of length 1."""
        return vector[self.likeness] / self._raw

    def _queries(self, texts: Sequence[str]) -> Floats:
        sentences = self._sentences(texts)
        weights = (self._scale / (1 + np.exp(-(sentences @ self._gate + self._gate_bias)))).astype(np.float32)
        return self._vectors(sentences, self._fast.queries(texts), self._query_head, weights[:, None], self._fast_bias)

    def _route(self, name: str, description: str) -> Floats:
        sentences = self._sentences([route_text(name, description)])
        fast = self._fast.route(name, description)[None]
        weights = np.array([[self._scale]], np.float32)
        vector: Floats = self._vectors(sentences, fast, self._route_head, weights, 1.0)[0]
        return vector

    def _vectors(self, sentences: Floats, fast: Floats, head: "_Head", weights: Floats, one: float) -> Floats:
        """Return the rows: the weighed fast part with its bias, the trained part and the raw part."""
        parts = (
            fast * weights,
            one * weights,
            self._trained * head(sentences),
            self._raw * sentences,
        )
        return np.concatenate(parts, axis=1).astype(np.float32, copy=False)


class _Head(NamedTuple):
    """A linear layer with a small hidden layer beside it; what comes out has length 1."""

    linear: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    bias: Floats

    @classmethod
    def of(cls, weights: Mapping[str, npt.NDArray[Any]], side: str) -> Self:
        return cls(*(floats(weights[f"{side}_{field}"]) for field in cls._fields))

    def __call__(self, x: Floats) -> Floats:
        inner = x @ self.hidden + self.hidden_bias
        inner *= (np.tanh(_GELU * (inner + 0.044715 * inner**3)) + 1) / 2
        out = np.asarray(x @ self.linear + self.bias + inner @ self.out, np.float32)
        out /= np.sqrt(np.maximum(np.square(out).sum(axis=1, keepdims=True), _TINY))
        return out


@cache
def load() -> Accurate:
    """Return the accurate encoder of this process, read at the first call in about 0.3 s."""
    return Accurate.of_package(model.load())
