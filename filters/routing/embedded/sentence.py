"""Texts to sentence vectors: the forward pass of Google's multilingual Universal Sentence Encoder, in numpy.

Every piece has a row in a table. Three stacks of convolutions, two layers each, look at 2, 3 and 5 neighbours; row and
convolutions are normalised together, summed over the text and divided by the square root of its length, and a small
residual network makes 512 numbers of the sum. The matrix of each convolution is the product of two narrow ones, which
halves the work (`training/compress.py`). A sentence vector is what the network makes of the sum, and the sum itself
without what all texts share: the network drops what a likeness of sentences does not need, and routing does. Texts of a
batch stand one after another with rows of zeros between them, so that no convolution sees a neighbour.

The table is mapped into memory, not read: the processes of one machine share it, and rows of words that nobody writes
are never loaded. A row is 512 numbers of four bits, two to a byte, and then their centre and their unit as two float16.
Where the weights come from is in WEIGHTS.md.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from filters.routing.embedded.encoder import Floats
from filters.routing.embedded.pieces import Pieces

ROW: Final = 512
"""How many numbers a row of the table has, the sum over a text, and what the residual network makes of it."""
SIZE: Final = 2 * ROW
"""How many numbers a sentence vector has."""

_WIDTH: Final = 256
_WINDOWS: Final = ((2, 0), (3, 1), (5, 2))
"""How many neighbours each stack of convolutions sees, and how many of them stand before the piece."""
_GAP: Final = 4
_PACKED: Final = ROW // 2
LEVELS: Final = 15
_TINY: Final = 1e-12


class _Layer(NamedTuple):
    """One convolution: two matrices, whose product is applied to a window, and a bias."""

    narrow: Floats
    wide: Floats
    bias: Floats


class _Stack(NamedTuple):
    """One stack of convolutions: its window and its layers."""

    window: tuple[int, int]
    layers: tuple[_Layer, ...]


class SentenceEncoder:
    """Vectors of length 1. Nothing changes after loading: may be shared between threads."""

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]], table: npt.NDArray[np.uint8]) -> None:
        vocabulary = weights["pieces"].tobytes().decode().split("\n")
        self._pieces = Pieces(vocabulary, weights["scores"].tolist())
        self._table = table
        self._w: dict[str, Floats] = {
            name: np.ascontiguousarray(array, np.float32)
            for name, array in weights.items()
            if name not in {"pieces", "scores"}
        }
        self._stacks = tuple(
            _Stack(window, tuple(_Layer(*(self._w[f"{of}{at}_{window[0]}"] for of in "nwb")) for at in (1, 2)))
            for window in _WINDOWS
        )
        self._epsilon = np.float32(weights["epsilon"])
        self.fingerprint = f"{crc32(weights['n1_5'].tobytes()):08x}"
        """What tells these weights from others."""

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of at least one text as rows, shape (m, 1024)."""
        return self.vectors(self.sums([self._pieces(text) for text in texts]))

    def pieces(self, text: str) -> Sequence[int]:
        """Return the numbers of a text's pieces, at least one."""
        return self._pieces(text)

    def sums(self, ids: Sequence[Sequence[int]]) -> Floats:
        """Return the sums over texts of so many pieces as rows, shape (m, 512): what a sentence vector is made of."""
        lengths = np.array([len(one) for one in ids])
        starts = np.cumsum(lengths + _GAP) - lengths - _GAP
        rows = np.concatenate([np.arange(start, start + size) for start, size in zip(starts, lengths, strict=True)])
        features = self._features(np.concatenate([np.asarray(one) for one in ids]), rows)
        sums = np.add.reduceat(features, np.cumsum(lengths) - lengths, axis=0) @ self._w["out"]
        root = np.sqrt(lengths.astype(np.float32))[:, None]
        return np.asarray(sums / root + self._w["out_bias"] * root, np.float32)

    def known_share(self, text: str) -> float:
        """Return how many of a text's pieces with letters or digits are known: 0 to 1."""
        return self._pieces.known_share(text)

    def _features(self, ids: npt.NDArray[np.intp], rows: npt.NDArray[np.intp]) -> Floats:
        """Return the normalised features of each piece; `rows` are the places of the pieces between the gaps."""
        embedded = unpack(self._table[ids])
        inner = embedded @ self._w["in"] + self._w["in_bias"]
        inner = _normalize(inner, self._w["in_gain"], self._w["in_shift"], self._epsilon)
        parts = [embedded]
        for at, stack in enumerate(self._stacks):
            parts.append(_convolve(np.ascontiguousarray(inner[:, at * _WIDTH : (at + 1) * _WIDTH]), stack, rows))
        return _normalize(np.concatenate(parts, axis=1), self._w["gain"], self._w["shift"], self._epsilon)

    def vectors(self, sums: Floats) -> Floats:
        """Return the sentence vectors of sums as rows, shape (m, 1024)."""
        centred = sums - self._w["centre"]
        return np.concatenate([_halved(self.meanings(sums)), _halved(centred)], axis=1)

    def meanings(self, sums: Floats) -> Floats:
        """Return what the residual network makes of sums, shape (m, 512): the encoder's own sentence vectors."""
        w = self._w
        first = np.maximum(sums @ w["d0"], 0)
        second = np.maximum(sums @ w["p1"] + first @ w["d1"], 0)
        third = np.maximum(second @ w["d2"], 0)
        meanings: Floats = np.tanh(second @ w["p3"] + third @ w["d3"])
        return meanings


def _halved(x: Floats) -> Floats:
    """Return the rows with a square of 1/2, so that two side by side have the length 1."""
    halved: Floats = x * np.sqrt(0.5 / np.maximum(np.square(x).sum(axis=1, keepdims=True), _TINY))
    return halved


def unpack(rows: npt.NDArray[np.uint8]) -> Floats:
    """Return the numbers of packed rows of the table, shape (n, 512)."""
    numbers = np.empty((len(rows), ROW), np.float32)
    numbers[:, ::2] = rows[:, :_PACKED] >> 4
    numbers[:, 1::2] = rows[:, :_PACKED] & 15
    centre, unit = rows[:, _PACKED:].copy().view(np.float16).astype(np.float32).T
    numbers -= LEVELS / 2
    numbers *= unit[:, None]
    numbers += centre[:, None]
    return numbers


def _convolve(inputs: Floats, stack: _Stack, rows: npt.NDArray[np.intp]) -> Floats:
    """Return two layers of convolution over the pieces, each with its input added."""
    size, before = stack.window
    padded = np.zeros((int(rows[-1]) + 1 + 2 * _GAP, _WIDTH), np.float32)
    windows = np.lib.stride_tricks.as_strided(
        padded,
        (len(padded) - size, size * _WIDTH),
        (padded.strides[0], padded.strides[1]),
        writeable=False,
    )
    places = rows + _GAP
    for layer in stack.layers:
        padded[places] = inputs
        outputs = windows[places - before] @ layer.narrow @ layer.wide + layer.bias
        np.maximum(outputs, 0, out=outputs)
        inputs = np.asarray(outputs + inputs, np.float32)
    return inputs


def _normalize(x: Floats, gain: Floats, shift: Floats, epsilon: np.float32) -> Floats:
    """Normalise the rows of x (layer normalisation)."""
    x = x - x.mean(axis=1, keepdims=True)
    x *= 1 / np.sqrt(np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[1]) + epsilon)
    x *= gain
    x += shift
    return x
