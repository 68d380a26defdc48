"""The default classifier: in this process, without a key, a network or a GPU."""

import asyncio
import math
from array import array
from collections.abc import Sequence
from time import perf_counter_ns
from typing import Final

import numpy as np
import numpy.typing as npt

from filters.context import Reading
from filters.routing.classifier import NearestExample, Prompt, Route, Verdict
from filters.routing.embedded.examples import Examples, Head, describe, learn
from filters.routing.embedded.model import Floats, Model, load
from filters.routing.embedded.tokenizer import MAX_CHARS

STAGE: Final = "embedded"
DEFAULT_THRESHOLD: Final = 1 / (1 + math.exp(-1.0))
"""The probability that a route has to reach, unless it or the configuration says otherwise: a logit of 1."""

_PREVIOUS_TURN = 0.3
_INLINE_CHARS = MAX_CHARS
"""What is read on the event loop: 0.15 µs for a character in words seen before, up to 0.8 µs in words that are new."""
_ROUTES_PER_CHAR = 4


class BoundEmbedded:
    """The embedded classifier with its routes. Never changes, so that all requests share it."""

    def __init__(self, model: Model, routes: Sequence[Route], threshold: float) -> None:
        self._model = model
        self.encoder: Final = f"{STAGE}-{model.fingerprint}"
        """What makes the vectors: those of another are no use to this."""
        self._routes = tuple(routes)
        self._examples = Examples.of(model, self._routes)
        head = describe(model, self._routes)
        self._matrix, self._bias = learn(model, head, self._examples) if len(self._examples.owners) else head
        limits = [threshold if route.threshold is None else route.threshold for route in routes]
        self._limits = np.array(limits)
        self._thresholds = tuple(limits)

    @property
    def routes(self) -> Sequence[Route]:
        """The routes, in configuration order."""
        return self._routes

    @property
    def thresholds(self) -> Sequence[float]:
        """What each route has to reach."""
        return self._thresholds

    @property
    def head(self) -> Head:
        """What turns the vector of a prompt into the logits of the routes."""
        return Head(self._matrix, self._bias)

    @property
    def examples(self) -> Examples:
        """The examples of the routes, as vectors."""
        return self._examples

    def probabilities(self, queries: Floats) -> npt.NDArray[np.float64]:
        """Return the probability of each of n routes for the vectors of m prompts, shape (m, n)."""
        return np.asarray(1 / (1 + np.exp(-(queries @ self._matrix.T + self._bias))))

    async def classify(self, prompt: Prompt) -> Verdict:
        """Decide, in a thread where it would hold the event loop for over about a millisecond."""
        chars = min(len(prompt.text), MAX_CHARS) + min(len(prompt.previous), MAX_CHARS)
        if chars + len(self._routes) // _ROUTES_PER_CHAR <= _INLINE_CHARS:
            return self.decide(prompt)
        return await asyncio.to_thread(self.decide, prompt)

    def decide(self, prompt: Prompt) -> Verdict:
        """Decide.

        The winner is the best of the routes that reach their threshold, the first in configuration order among equals:
        a route that is held to a high threshold does not keep others from what it leaves.
        A blank prompt, or no routes: nothing is decided, and the scores are zero.
        """
        if not self._routes or _blank(prompt.text):
            return Verdict(None, "none", (0.0,) * len(self._routes), self._thresholds)
        started = perf_counter_ns()
        reading, scores = self._read(prompt)
        reached = np.where(scores >= self._limits, scores, -1.0)
        best = int(reached.argmax())
        return Verdict(
            self._routes[best] if reached[best] >= 0 else None,
            STAGE,
            array("d", scores.tobytes()),  # makes a float only for who reads it
            self._thresholds,
            elapsed_us={STAGE: (perf_counter_ns() - started) // 1000},
            reading=reading,
        )

    def nearest_example(self, prompt: Prompt) -> NearestExample | None:
        """Return the example most like the last turn, None where no route has any."""
        if not len(self._examples.owners):
            return None
        similarities = self._examples.vectors @ self._model.query(prompt.text)
        nearest = int(similarities.argmax())
        route = int(self._examples.owners[nearest])
        first = int(self._examples.owners.searchsorted(route))
        return NearestExample(route, nearest - first, float(similarities[nearest]) / self._model.norm**2)

    def _read(self, prompt: Prompt) -> tuple[Reading, npt.NDArray[np.float64]]:
        """Return the prompt as it was seen, and the probability of each route."""
        query = self._model.query(prompt.text)
        weight = 1.0
        if not _blank(prompt.previous):
            query += _PREVIOUS_TURN * self._model.query(prompt.previous)
            weight = 1 + _PREVIOUS_TURN
        odds: npt.NDArray[np.float64] = np.exp(self._matrix @ query + self._bias * weight)
        return Reading(self.encoder, query, self._matrix, self._bias, weight), odds / (1 + odds)


def _blank(text: str) -> bool:
    return not text or text.isspace()


class EmbeddedClassifier:
    """The classifier of `routing.classifier: embedded`. `threshold` is the default one, a probability."""

    def __init__(self, threshold: float | None = None) -> None:
        self._threshold = DEFAULT_THRESHOLD if threshold is None else threshold

    def bind(self, routes: Sequence[Route]) -> BoundEmbedded:
        """Learn the routes. The first call in a process also reads the weights, in about 0.1 s."""
        return BoundEmbedded(load(), routes, self._threshold)
