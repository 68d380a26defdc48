"""Batches of route sets, of a fixed shape so that one compiled step serves all of them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from training.corpus import Corpus, Indexed
from training.network import Texts

SETS: Final = 12
PROMPTS: Final = 36 * SETS
ROUTES: Final = 10 * SETS
_PROMPTS_OF_A_SET: Final = 32
_JUNK: Final = 10
_UNLIKE: Final = 0.35
"""The cosine between two routes below which the prompts of one are taken for nulls of the other."""


FOREIGN: Final = frozenset({"f"})
"""The files whose prompts are not English."""


@dataclass(frozen=True)
class Taste:
    """How batches are drawn: shares of noised prompts, of reworded routes, and of sets of which routes are left out.

    With `english_only` a prompt in another language belongs to no route, as it does for the fast encoder.
    """

    noised: float = 0.5
    reworded: float = 0.35
    left_out: float = 0.5
    english_only: bool = False


@dataclass(frozen=True)
class Batch:
    """Prompts and routes of some sets. `labels` are indices of routes, -1 for none; `weights` is 0 for padding.

    `inside` tells which route belongs to a prompt's set, `apart` which is of another set and unlike the prompt's own.
    """

    prompts: Texts
    routes: Texts
    labels: npt.NDArray[np.intp]
    weights: npt.NDArray[np.float32]
    inside: npt.NDArray[np.bool_]
    apart: npt.NDArray[np.float32]


class Batches:
    """Draws batches from the sets of a corpus."""

    def __init__(self, corpus: Corpus, sets: list[Indexed], taste: Taste, seed: int) -> None:
        self._corpus = corpus
        self._sets = sets
        self._taste = taste
        self._rng = random.Random(seed)

    def __len__(self) -> int:
        """Return how many batches an epoch has."""
        return len(self._sets) // SETS

    def epoch(self) -> Iterator[Batch]:
        """Yield every set once, but for a rest too small for a batch."""
        order = self._sets[:]
        self._rng.shuffle(order)
        for start in range(0, len(order) - SETS + 1, SETS):
            yield self._batch(order[start : start + SETS])

    def _batch(self, sets: list[Indexed]) -> Batch:
        prompts: list[tuple[int, int, int]] = []  # text, label, set
        routes: list[tuple[int, int]] = []  # text, set
        for place, one in enumerate(sets):
            kept = self._kept(len(one.routes))
            if len(routes) + len(kept) > ROUTES:
                break
            labels = {route: len(routes) + at for at, route in enumerate(kept)}
            routes += [(self._route(one.routes[route]), place) for route in kept]
            prompts += [(text, labels.get(label, -1), place) for text, label in self._prompts(one)]
        sets_drawn = routes[-1][1] + 1
        prompts += [(self._rng.choice(self._corpus.junk), -1, self._rng.randrange(sets_drawn)) for _ in range(_JUNK)]
        return self._assembled(prompts[:PROMPTS], routes)

    def _kept(self, count: int) -> list[int]:
        routes = list(range(count))
        if count == 1 or self._rng.random() >= self._taste.left_out:
            return routes
        left_out = self._rng.randrange(1, max(2, count // 2 + 1))
        return sorted(self._rng.sample(routes, max(1, count - left_out)))

    def _route(self, variants: list[int]) -> int:
        return variants[0] if self._rng.random() >= self._taste.reworded else self._rng.choice(variants[1:])

    def _prompts(self, one: Indexed) -> Iterator[tuple[int, int]]:
        """Yield texts with their labels. What is said after another turn is no prompt by itself."""
        alone = [at for at, prompt in enumerate(one.source.prompts) if not prompt.previous]
        self._rng.shuffle(alone)
        unread = self._taste.english_only and one.source.file in FOREIGN
        for at in alone[:_PROMPTS_OF_A_SET]:
            noised = self._rng.random() < self._taste.noised
            text = self._rng.choice(one.prompts[at][1:]) if noised else one.prompts[at][0]
            yield text, -1 if unread else one.source.prompts[at].route

    def _assembled(self, prompts: list[tuple[int, int, int]], routes: list[tuple[int, int]]) -> Batch:
        weights = np.zeros(PROMPTS, np.float32)
        weights[: len(prompts)] = 1
        texts, labels, of_prompt = np.array(prompts + [(0, -1, -1)] * (PROMPTS - len(prompts))).T
        route_texts, of_route = np.array(routes + [(0, -2)] * (ROUTES - len(routes))).T
        sentences = self._corpus.sentences[route_texts]
        likeness = sentences[np.maximum(labels, 0)] @ sentences.T
        others = (of_prompt[:, None] != of_route) & (of_route >= 0) & (labels >= 0)[:, None]
        return Batch(
            texts_of(self._corpus, texts),
            texts_of(self._corpus, route_texts),
            labels,
            weights,
            of_prompt[:, None] == of_route,
            (others & (likeness < _UNLIKE)).astype(np.float32),
        )


def texts_of(corpus: Corpus, numbers: npt.NDArray[np.intp] | list[int]) -> Texts:
    """Return numbered texts as the heads read them."""
    return Texts(corpus.views[numbers], corpus.sentences[numbers])
