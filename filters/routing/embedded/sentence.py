"""Texts to sentence vectors: the forward pass of Google's multilingual Universal Sentence Encoder, in numpy.

Every piece has a row in a table. Three stacks of convolutions, two layers each, look at 2, 3 and 5 neighbours; row and
convolutions are normalised together, summed over the text and divided by the square root of its length, and a small
residual network makes 512 numbers of the sum. Texts of a batch stand one after another with rows of zeros between them,
so that no convolution sees a neighbour.

The table is mapped into memory, not read: the processes of one machine share it, and rows of words that nobody writes
are never loaded. A row is 512 numbers of four bits, two to a byte, and then their centre and their unit as two float16.
Where the weights come from is in WEIGHTS.md.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from filters.routing.embedded.encoder import Floats
from filters.routing.embedded.pieces import Pieces

SIZE: Final = 512
"""How many numbers a sentence vector has."""

_WIDTH: Final = 256
_WINDOWS: Final = ((2, 0), (3, 1), (5, 2))
"""How many neighbours each stack of convolutions sees, and how many of them stand before the piece."""
_GAP: Final = 4
_PACKED: Final = SIZE // 2
LEVELS: Final = 15
_TINY: Final = 1e-12


class _Stack(NamedTuple):
    """One stack of convolutions: its window, and matrix and bias of both layers."""

    window: tuple[int, int]
    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats


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
            _Stack(window, *(self._w[f"{name}{window[0]}"] for name in ("w1_", "b1_", "w2_", "b2_")))
            for window in _WINDOWS
        )
        self._epsilon = np.float32(weights["epsilon"])

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of at least one text as rows, shape (m, 512)."""
        ids = [self._pieces(text) for text in texts]
        lengths = np.array([len(one) for one in ids])
        starts = np.cumsum(lengths + _GAP) - lengths - _GAP
        rows = np.concatenate([np.arange(start, start + size) for start, size in zip(starts, lengths, strict=True)])
        features = self._features(np.concatenate(ids), rows)
        sums = np.add.reduceat(features, np.cumsum(lengths) - lengths, axis=0) @ self._w["out"]
        root = np.sqrt(lengths.astype(np.float32))[:, None]
        return self._finish(np.asarray(sums / root + self._w["out_bias"] * root, np.float32))

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

    def _finish(self, sums: Floats) -> Floats:
        w = self._w
        first = np.maximum(sums @ w["d0"], 0)
        second = np.maximum(sums @ w["p1"] + first @ w["d1"], 0)
        third = np.maximum(second @ w["d2"], 0)
        vectors: Floats = np.tanh(second @ w["p3"] + third @ w["d3"])
        vectors /= np.sqrt(np.maximum(np.square(vectors).sum(axis=1, keepdims=True), _TINY))
        return vectors


def unpack(rows: npt.NDArray[np.uint8]) -> Floats:
    """Return the numbers of packed rows of the table, shape (n, 512)."""
    numbers = np.empty((len(rows), SIZE), np.float32)
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
    for matrix, bias in ((stack.first, stack.first_bias), (stack.second, stack.second_bias)):
        padded[places] = inputs
        outputs = windows[places - before] @ matrix
        outputs += bias
        np.maximum(outputs, 0, out=outputs)
        outputs += inputs
        inputs = outputs
    return inputs


def _normalize(x: Floats, gain: Floats, shift: Floats, epsilon: np.float32) -> Floats:
    """Normalise the rows of x (layer normalisation)."""
    x = x - x.mean(axis=1, keepdims=True)
    x *= 1 / np.sqrt(np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[1]) + epsilon)
    x *= gain
    x += shift
    return x
