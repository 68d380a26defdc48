"""The fast encoder: texts to vectors whose inner products are logits, by a static table of word pieces.

The weights and the steps are those of WEIGHTS.md. A query is seen in four views (its first 16 rows, the first 64, all,
the last 24), and in a short text several of them are the same: then the blocks of the first matrix that meet equal
views are summed beforehand, so that 12 words cost a quarter of the product. Texts of like length are read in one
product: the weights are then fetched once for all of them, which costs more than the arithmetic. Nothing here changes
after loading, and each call has its own buffers: a model may be shared between threads.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple, Self
from zlib import crc32

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships none

from filters.routing.classifier import Prompt, Verdict
from filters.routing.embedded.encoder import Floats, floats, has_words, route_text, unit, units
from filters.routing.embedded.follow import Follow
from filters.routing.embedded.sure import Sure
from filters.routing.embedded.tokenizer import Ids, Tokenizer, latin_share

_VIEWS: Final = (slice(16), slice(64), slice(None), slice(-24, None))
_UP_TO: Final = (16, 24, 64)
_EQUAL_VIEWS: Final = (((0, 1, 2, 3),), ((0,), (1, 2, 3)), ((0,), (1, 2), (3,)), ((0,), (1,), (2,), (3,)))
"""Which views are the same in texts of up to 16, 24, 64 and more tokens."""

_GELU: Final = math.sqrt(2 / math.pi)
_AT_ONCE: Final = 32
"""How many texts are read in one product: more gain nothing, and take memory."""
_LEARNED: Final = 0.8
"""The length of each part, the trained and the raw one, where examples are learned."""
_READABLE: Final = 0.5
"""The least share of a text's letters that must be Latin: the vocabulary has hardly any other."""


class _Plan(NamedTuple):
    """How texts of some length are read: the views that differ, their weights and the matrices that they meet."""

    views: tuple[slice, ...]
    weights: Floats
    matrices: Floats


class Model:
    """The encoder `fast`. The logit of a route for a prompt is `query @ route + bias`."""

    name = "fast"

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        vocabulary = weights["vocab"].tobytes().decode().split("\n")
        self._tokens = Tokenizer(vocabulary)
        self._table: npt.NDArray[np.int8] = weights["E"]
        self._scale = floats(weights["s"])
        self._plans = _plans(floats(weights["vw"]), floats(np.hstack([weights["Wq"], weights["h0"]])))
        self._query_bias = floats(np.hstack([weights["bq"] + weights["h1b"], weights["h0b"]]))
        self._query_out = floats(weights["h1"] / 2)  # gelu's half
        self._route_in = floats(np.hstack([weights["Wd"], weights["d0"]]))
        self._route_bias = floats(np.hstack([weights["bd"] + weights["d1b"], weights["d0b"]]))
        self._route_out = floats(weights["d1"] / 2)
        self._trained = math.sqrt(float(weights["a"]))
        self._raw = math.sqrt(float(weights["c"]))
        self.bias = float(weights["b"])
        self.fingerprint = f"{crc32(weights['Wq'].tobytes(), crc32(self._table.tobytes())):08x}"
        """What tells these weights from others."""
        self.size = 2 * self._table.shape[1]
        width = self._table.shape[1]
        self.learning = np.repeat([_LEARNED / self._trained, _LEARNED / self._raw], width).astype(np.float32)
        self.likeness = slice(width, self.size)
        self._sure = Sure.of(weights)
        self._follow = Follow.of(weights)

    @classmethod
    def of_package(cls) -> Self:
        """Read the weights that ship with the package.

        Holds OpenBLAS to one thread, in the whole process: the products are so small that a second thread costs more
        than it brings, and the threads of a pool spin while they wait.
        """
        threadpool_limits(1, user_api="blas")
        with files(__package__).joinpath("weights.npz").open("rb") as file, np.load(file, allow_pickle=False) as npz:
            return cls({name: npz[name] for name in npz.files})

    def query(self, text: str) -> Floats:
        """Return the vector of a prompt, shape (size,), in fewer calls than many texts need."""
        ids = self._tokens(text)
        plan = self._plans[bisect_left(_UP_TO, len(ids))]
        rows, scale = self._rows(ids)
        views = np.concatenate([unit(scale[view] @ rows[view]) for view in plan.views])
        raw = unit(plan.weights @ views.reshape(len(plan.views), -1))
        matrix = plan.matrices.reshape(len(views), -1)
        trained = _trained_part(views @ matrix + self._query_bias, self._query_out)
        return np.concatenate((unit(trained, self._trained), raw * self._raw))

    def queries(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of texts as rows, shape (m, size)."""
        if len(texts) == 1:
            return self.query(texts[0])[None]
        vectors = np.empty((len(texts), self.size), np.float32)
        tokens = [self._tokens(text) for text in texts]
        alike: dict[int, list[int]] = {}
        for at, ids in enumerate(tokens):
            alike.setdefault(bisect_left(_UP_TO, len(ids)), []).append(at)
        for plan, places in alike.items():
            for start in range(0, len(places), _AT_ONCE):
                some = places[start : start + _AT_ONCE]
                vectors[some] = self._planned(self._plans[plan], [tokens[at] for at in some])
        return vectors

    def _planned(self, plan: _Plan, texts: Sequence[Ids]) -> Floats:
        """Return the vectors of texts, given as ids, that are all read by one plan."""
        views = self._means(plan.views, texts)
        if len(views) == 1:
            raw, first = views[0], views[0] @ plan.matrices[0]
        else:
            raw = units((plan.weights @ views.reshape(len(views), -1)).reshape(views[0].shape))
            first = (views @ plan.matrices).sum(axis=0)
        first += self._query_bias
        return self._vectors(first, self._query_out, raw)

    def _means(self, views: Sequence[slice], texts: Sequence[Ids]) -> Floats:
        """Return the mean rows of texts in each view, scaled to length 1, shape (views, m, row)."""
        rows, scale = self._rows(np.concatenate(texts))
        means = np.empty((len(views), len(texts), rows.shape[1]), np.float32)
        end = 0
        for at, ids in enumerate(texts):
            start, end = end, end + len(ids)
            own_rows, own_scale = rows[start:end], scale[start:end]
            for number, view in enumerate(views):
                np.dot(own_scale[view], own_rows[view], out=means[number, at])
        return units(means)

    def route(self, name: str, description: str) -> Floats:
        """Return the vector of a route, shape (size,)."""
        rows, scale = self._rows(self._tokens(route_text(name, description)))
        mean = units((scale @ rows)[None])
        vector: Floats = self._vectors(mean @ self._route_in + self._route_bias, self._route_out, mean)[0]
        return vector

    def read(self, prompts: Sequence[Prompt]) -> list[Floats | None]:
        """Return the vector of each prompt, None for one with few or no Latin letters."""
        return self._follow.read(prompts, self.readable, self.queries, self._raw_part)

    def doubt(self, verdict: Verdict) -> str | None:
        """Return why a verdict by this encoder needs a second look, None where it needs none."""
        if verdict.reading is None:
            return "the fast encoder cannot read the text"
        return self._sure.doubt(verdict, self._raw_part(verdict.reading.vector))

    @staticmethod
    def readable(text: str) -> bool:
        """Whether the vocabulary has words for most of a text."""
        return has_words(text) and latin_share(text) >= _READABLE

    def _raw_part(self, vector: Floats) -> Floats:
        """Return the raw part of a vector, of length 1."""
        return vector[self.likeness] / self._raw

    def _rows(self, ids: Ids) -> tuple[Floats, Floats]:
        """Return the rows of the token table for ids, and what to multiply each with."""
        return self._table.take(ids, axis=0).astype(np.float32), self._scale.take(ids)

    def _vectors(self, first: Floats, out: Floats, raw: Floats) -> Floats:
        """Return the vectors of m texts: the trained part, of which `first` is the beginning, and the raw part."""
        return np.concatenate((units(_trained_part(first, out), self._trained), raw * self._raw), axis=1)


def _trained_part(first: Floats, out: Floats) -> Floats:
    """Finish a head: `first` holds its linear part and, behind it, its hidden layer before the gelu."""
    width = out.shape[1]
    hidden = first[..., width:]
    inner: Floats = np.square(hidden)
    inner *= _GELU * 0.044715
    inner += _GELU
    inner *= hidden
    np.tanh(inner, out=inner)
    inner += 1
    inner *= hidden
    trained = inner @ out
    trained += first[..., :width]
    return np.asarray(trained)


@cache
def load() -> Model:
    """Return the model of this process, read at the first call."""
    return Model.of_package()


def _plans(weights: Floats, matrix: Floats) -> tuple[_Plan, ...]:
    blocks = matrix.reshape(len(_VIEWS), -1, matrix.shape[1])
    return tuple(
        _Plan(
            tuple(_VIEWS[group[0]] for group in groups),
            np.array([weights[list(group)].sum() for group in groups], np.float32),
            np.array([blocks[list(group)].sum(axis=0) for group in groups]),
        )
        for groups in _EQUAL_VIEWS
    )
