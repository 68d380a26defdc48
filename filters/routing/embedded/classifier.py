"""The default classifier: in this process, without a key, a network or a GPU."""

import asyncio
from array import array
from collections.abc import Mapping, Sequence
from time import perf_counter_ns
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from filters.context import Reading
from filters.routing.classifier import NearestExample, Prompt, Route, Verdict
from filters.routing.embedded.encoder import Encoder, Floats, stack
from filters.routing.embedded.examples import Examples, Head, describe, learn
from filters.routing.embedded.request import Names, request_of
from filters.routing.embedded.together import Together
from filters.routing.embedded.tokenizer import MAX_CHARS

DECIDED_BY: Final = "embedded"
DEFAULT_THRESHOLD: Final = 0.35
"""The probability that a route has to reach, unless it or the configuration says otherwise."""

QUICK: Final = MAX_CHARS
"""What is read at once on the event loop, in characters: 0.15 µs in words seen before, up to 0.8 µs in new ones."""
_ROUTES_PER_CHAR = 4


class BoundEmbedded:
    """One encoder with its routes. Never changes, so that all requests share it.

    Classifiers of one encoder that are given the same `together` decide together what comes together.
    """

    def __init__(
        self, encoder: Encoder, routes: Sequence[Route], threshold: float, together: "DecidedTogether | None" = None
    ) -> None:
        self.model = encoder
        self._together = together or decided_together()
        self.encoder: Final = f"{encoder.name}-{encoder.fingerprint}"
        """What makes the vectors: those of another are no use to this."""
        self._routes = tuple(routes)
        self._names = Names(route.name for route in routes)
        self._examples = Examples.of(encoder, self._routes)
        head = describe(encoder, self._routes)
        self._matrix, self._bias = learn(encoder, head, self._examples) if len(self._examples.owners) else head
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

    @property
    def deciding(self) -> "BoundEmbedded":
        """Return the encoder's classifier that has the last word: this one."""
        return self

    @property
    def stages(self) -> "Mapping[str, BoundEmbedded]":
        """The classifiers by what makes their vectors, the one with the last word last: this one."""
        return {self.encoder: self}

    def probabilities(self, queries: Floats) -> npt.NDArray[np.float64]:
        """Return the probability of each of n routes for the vectors of m prompts, shape (m, n)."""
        return np.asarray(1 / (1 + np.exp(-(queries @ self._matrix.T + self._bias))))

    async def classify(self, prompt: Prompt) -> Verdict:
        """Decide, in a thread where it would hold the event loop for over about a millisecond.

        What comes in one turn of the event loop is decided together.
        """
        if not self.has_to_decide(prompt):
            return self.undecided()
        if (cost := self.cost(prompt)) <= QUICK:
            return await self._together.ask((self, prompt), cost)
        return await asyncio.to_thread(self.decide, prompt)

    def cost(self, prompt: Prompt) -> int:
        """Return what a decision costs by the fast encoder, in characters: `QUICK` are about a millisecond at most."""
        chars = min(len(prompt.text), MAX_CHARS) + min(len(prompt.previous), MAX_CHARS)
        return chars + len(self._routes) // _ROUTES_PER_CHAR

    def decide(self, prompt: Prompt) -> Verdict:
        """Decide about one prompt."""
        return decide([(self, prompt)])[0] if self.has_to_decide(prompt) else self.undecided()

    def has_to_decide(self, prompt: Prompt) -> bool:
        """Whether there is anything to decide: routes, and a prompt that is not blank."""
        return bool(self._routes) and not is_blank(prompt.text)

    def request(self, prompt: Prompt) -> Prompt:
        """Return the last two turns as they are read: without what applications add, and without names of routes."""
        text = self._names.without(request_of(prompt.text))
        previous = request_of(prompt.previous) if prompt.previous else ""
        return Prompt(text, previous)

    def verdicts(self, queries: Sequence[Floats | None], started: int) -> list[Verdict]:
        """Return what is decided about vectors; None, for a prompt that cannot be read, matches nothing.

        The winner is the best of the routes that reach their threshold, the first in configuration order among equals:
        a route that is held to a high threshold does not keep others from what it leaves. `started` is in nanoseconds.
        """
        read = [at for at, query in enumerate(queries) if query is not None]
        if len(read) == len(queries):
            scores = self.probabilities(np.array(queries))
        else:
            scores = np.zeros((len(queries), len(self._routes)))
            scores[read] = self.probabilities(stack(self.model, (query for query in queries if query is not None)))
        reached = np.where(scores >= self._limits, scores, -1.0)
        winners = [
            self._routes[best] if most >= 0 else None
            for best, most in zip(reached.argmax(axis=1).tolist(), reached.max(axis=1).tolist(), strict=True)
        ]
        elapsed = (perf_counter_ns() - started) // 1000
        return [
            Verdict(
                None if query is None else winner,
                DECIDED_BY,
                array("d", own.tobytes()),  # makes a float only for who reads it
                self._thresholds,
                elapsed_us={self.model.name: elapsed},
                reading=None if query is None else Reading(self.encoder, query, self._matrix, self._bias),
            )
            for query, winner, own in zip(queries, winners, scores, strict=True)
        ]

    def undecided(self) -> Verdict:
        """Return the verdict on a blank prompt, or where there are no routes: nothing is decided."""
        return Verdict(None, "none", (0.0,) * len(self._routes), self._thresholds)

    def nearest_example(self, prompt: Prompt) -> NearestExample | None:
        """Return the example most like the last turn, None where no route has any."""
        if not len(self._examples.owners):
            return None
        query = self.model.query(prompt.text)
        lengths = np.linalg.norm(self._examples.vectors, axis=1) * np.linalg.norm(query)
        similarities = self._examples.vectors @ query / np.maximum(lengths, 1e-12)
        nearest = int(similarities.argmax())
        route = int(self._examples.owners[nearest])
        first = int(self._examples.owners.searchsorted(route))
        return NearestExample(route, nearest - first, float(similarities[nearest]))


DecidedTogether: TypeAlias = Together[tuple[BoundEmbedded, Prompt], Verdict]
"""Gathers prompts, each with the classifier that is to decide about it."""


def decided_together() -> DecidedTogether:
    """Return what gathers prompts for about a millisecond of work at a time."""
    return Together(decide, QUICK)


def decide(asked: Sequence[tuple[BoundEmbedded, Prompt]]) -> list[Verdict]:
    """Decide about prompts that are not blank, each by its own routes, of which all have one encoder and none is empty.

    They are read together, and those over the same routes are compared with them together.
    """
    started = perf_counter_ns()
    vectors = asked[0][0].model.read([bound.request(prompt) for bound, prompt in asked])
    if len(asked) == 1:
        return asked[0][0].verdicts(vectors, started)
    places: dict[BoundEmbedded, list[int]] = {}
    for at, (bound, _) in enumerate(asked):
        places.setdefault(bound, []).append(at)
    verdicts: dict[int, Verdict] = {}
    for bound, own in places.items():
        verdicts.update(zip(own, bound.verdicts([vectors[at] for at in own], started), strict=True))
    return [verdicts[at] for at in range(len(asked))]


def is_blank(text: str) -> bool:
    """Whether a text has nothing that is not white space."""
    return not text or text.isspace()
