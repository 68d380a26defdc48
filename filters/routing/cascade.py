"""The cascade: the embedded classifier decides what it is sure of, and an LLM is asked about the rest.

Sure is what lies outside a band around the threshold and has its runner-up far enough away. Whatever becomes of the LLM
within the budget, there is a verdict: the embedded one, or the LLM's in its place.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from filters.routing.classifier import (
    BoundClassifier,
    Classifier,
    NearestExample,
    Prompt,
    Route,
    Skipped,
    Verdict,
    nearest_example,
)
from filters.routing.config import CascadeConfig
from filters.routing.llm.classifier import STAGE, BoundLlm, LlmClassifier, overlay

_SURE: Final = Skipped(STAGE, "the embedded classifier is sure")


class CascadeClassifier:
    """Asks `llm` where `embedded` is unsure, within `budget_ms` for the whole decision."""

    def __init__(self, embedded: Classifier, llm: LlmClassifier, options: CascadeConfig, budget_ms: int) -> None:
        self._embedded = embedded
        self._llm = llm
        self._options = options
        self._budget_ms = budget_ms

    def bind(self, routes: Sequence[Route]) -> "BoundCascade":
        """Learn the routes, once for both classifiers."""
        embedded = self._embedded.bind(routes)
        return BoundCascade(embedded, self._llm.over(embedded), self._options, self._budget_ms)


class BoundCascade:
    """The cascade for one set of routes."""

    def __init__(self, embedded: BoundClassifier, llm: BoundLlm, options: CascadeConfig, budget_ms: int) -> None:
        self.routes = tuple(embedded.routes)
        self._embedded = embedded
        self._llm = llm
        self._options = options
        self._budget_ms = budget_ms

    async def classify(self, prompt: Prompt) -> Verdict:
        """Decide by the embedded classifier, and by the LLM where that is unsure and there is time."""
        end = time.monotonic() + self._budget_ms / 1000
        best = await self._embedded.classify(prompt)
        if best.decided_by == "none":
            return best
        if not unsure(best, self._options):
            return replace(best, skipped=(*best.skipped, _SURE))
        left = end - time.monotonic()
        if left <= 0:
            spent = Skipped(STAGE, f"the budget of {self._budget_ms} ms is spent")
            return replace(best, skipped=(*best.skipped, spent))
        return overlay(best, await self._llm.ask(prompt, left))

    def nearest_example(self, prompt: Prompt) -> NearestExample | None:
        """Return what the embedded classifier finds."""
        return nearest_example(self._embedded, prompt)


def unsure(verdict: Verdict, options: CascadeConfig) -> bool:
    """Tell whether a second opinion is worth asking for: the best route in the band, or another close to it.

    The best is the best of the routes that reach their thresholds, else the best of all. The band is `low` to `high`,
    stretched to hold the best route's own threshold where that lies outside.
    """
    rows = list(zip(verdict.scores, verdict.thresholds, strict=True))
    if not rows:
        return True
    score, threshold = max([row for row in rows if row[0] >= row[1]] or rows)
    if score < min(options.low, threshold):
        return False
    others = list(verdict.scores)
    others.remove(score)
    return score < max(options.high, threshold) or lead(score, max(others, default=0.0)) < options.margin


def lead(score: float, other: float) -> float:
    """Return how far `score` is ahead of `other`, were there only these two: 0 where they are alike, 1 beyond doubt.

    That is the difference of their probabilities, given that one of the two is right. The plain difference would call
    0.999 and 0.99 all but alike, where the one is ten times as likely as the other.
    """
    return 0.0 if score == other else (score - other) / (score + other - 2 * score * other)
