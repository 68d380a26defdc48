"""What a configuration would decide about decisions that were logged.

The scores of a route that has not changed are those that were logged, to the last bit. Those of a route that has are
worked out anew: from the prompt where its text was stored, else from its vector, as the logged score and what the
change of the route adds to it. So a configuration that says the same decides the same, with and without text, and where
only thresholds changed, nothing is estimated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from filters.routing.cascade import unsure
from filters.routing.classifier import Prompt, Verdict
from filters.routing.config import RoutingConfig
from filters.routing.embedded.classifier import BoundEmbedded
from gateway.evaluation.replay.batches import Batch
from gateway.storage.decision_log.heads import LoggedHead

NONE: Final = -1
"""In place of a route: that no route matches."""
UNKNOWN: Final = -2
"""In place of a route: that it cannot be told, since an LLM or a prompt's text would be needed."""
_MOST_LOGIT: Final = 700.0

Indices = npt.NDArray[np.intp]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decided:
    """For each decision of a batch: the index of its route, `NONE` or `UNKNOWN`, and its margin.

    A margin is the least change of one score that would change the decision. `exact` tells that no score was estimated.
    """

    routes: Indices
    margins: Scores
    exact: bool


class Decider:
    """Decides as a configuration does.

    `stages` are its embedded classifiers by what makes their vectors, the one with the last word last; a stage before
    it leaves to it what it no longer matches. `decide` is what they decide together.
    """

    def __init__(
        self, stages: Mapping[str, BoundEmbedded], decide: Callable[[Prompt], Verdict], options: RoutingConfig
    ) -> None:
        self._stages = stages
        self._last = list(stages)[-1]
        self._decide = decide
        self._options = options
        bound = stages[self._last]
        self.names: Final = tuple(route.name for route in bound.routes)
        self._thresholds = bound.thresholds
        self._limits = np.array(bound.thresholds)

    def decide(self, batch: Batch) -> Decided:
        """Return what would be decided about each prompt of a batch."""
        scores, known, exact = self._scores(batch)
        routes, margins = best_of(scores, self._limits)
        if batch.head is not None and batch.head.encoder != self._last:
            known &= (routes != NONE) | [route is None for route in batch.routes]
        for at in np.flatnonzero(~known).tolist():
            routes[at] = self._of_text(batch.prompts.get(at))
        if self._options.classifier != "embedded":
            self._ask_llm(batch, scores, routes)
        return Decided(routes, margins, exact)

    def _of_text(self, prompt: Prompt | None) -> int:
        if prompt is None:
            return UNKNOWN
        route = self._decide(prompt).route
        return NONE if route is None else self.names.index(route.name)

    def _scores(self, batch: Batch) -> tuple[Scores, npt.NDArray[np.bool_], bool]:
        """Return the scores, which of them are known, and whether none was estimated."""
        known = np.ones(len(batch), bool)
        stage = self._stages.get(batch.head.encoder) if batch.head else None
        if batch.head is not None and batch.scores is not None and stage is not None:
            kept = _kept(batch.head, stage)
            if None not in kept:
                return batch.scores[:, [at for at in kept if at is not None]], known, True
        scores, exact = np.zeros((len(batch), len(self.names))), True
        if batch.head is not None and stage is not None:
            scores, exact = self._estimated(batch, batch.head, stage), False
        else:
            known[:] = False
        for at, prompt in batch.prompts.items():
            scores[at], known[at] = self._decide(prompt).scores, True
        return scores, known, exact or len(batch.prompts) == len(batch)

    def _estimated(self, batch: Batch, head: LoggedHead, stage: BoundEmbedded) -> Scores:
        """Return scores by the vectors: what was logged of a route, and what its change adds."""
        assert batch.scores is not None, "what has a head has scores"  # noqa: S101
        vectors, weights = batch.vectors()
        columns = []
        for matrix, bias, name in zip(stage.head.matrix, stage.head.bias, self.names, strict=True):
            if name in head.routes:
                at = head.routes.index(name)
                before: Any = _logit(batch.scores[:, at])
                change, shift = matrix - head.matrix[at], bias - head.bias[at]
            else:
                before, change, shift = 0.0, matrix, bias
            columns.append(before + vectors @ change + weights * shift)
        return _probability(np.stack(columns, axis=1)) if columns else np.zeros((len(batch), 0))

    def _ask_llm(self, batch: Batch, scores: Scores, routes: Indices) -> None:
        """Take what the LLM said where it would be asked again; where it was not asked before, nobody knows."""
        index = {name: at for at, name in enumerate(self.names)}
        for at in range(len(batch)):
            verdict = Verdict(None, "embedded", scores[at], self._thresholds)
            if self._options.classifier == "cascade" and not unsure(verdict, self._options.cascade):
                continue
            said = batch.routes[at]
            if not batch.by_llm[at] or (said is not None and said not in index):
                routes[at] = UNKNOWN
            else:
                routes[at] = NONE if said is None else index[said]


def best_of(scores: Scores, limits: npt.NDArray[np.float64]) -> tuple[Indices, Scores]:
    """Return which route wins in each row, by the rule of the embedded classifier, and by what margin."""
    if not scores.shape[1]:
        return np.full(len(scores), NONE), np.ones(len(scores))
    reached = np.where(scores >= limits, scores, -1.0)
    best: Indices = reached.argmax(axis=1)
    rows = np.arange(len(scores))
    top = scores[rows, best]
    to_win = np.maximum(limits - scores, top[:, None] - scores)
    to_win[rows, best] = top - limits[best]
    nothing = reached[rows, best] < 0
    margins = np.where(nothing, (limits - scores).min(axis=1), to_win.min(axis=1))
    best[nothing] = NONE
    return best, margins


def _kept(head: LoggedHead, bound: BoundEmbedded) -> list[int | None]:
    """Return for each route of now the place of the logged one that is the same, None where there is none."""
    names = [route.name for route in bound.routes]
    return [
        _place(head, name, matrix, bias)
        for name, matrix, bias in zip(names, bound.head.matrix, bound.head.bias, strict=True)
    ]


def _place(head: LoggedHead, name: str, matrix: npt.NDArray[Any], bias: float) -> int | None:
    at = head.routes.index(name) if name in head.routes else None
    same = at is not None and head.bias[at] == bias and np.array_equal(head.matrix[at], matrix)
    return at if same else None


def _logit(scores: Scores) -> Scores:
    with np.errstate(divide="ignore"):
        logits: Scores = np.log(scores) - np.log1p(-scores)
    return np.clip(logits, -_MOST_LOGIT, _MOST_LOGIT)


def _probability(logits: Scores) -> Scores:
    result: Scores = 1 / (1 + np.exp(-np.clip(logits, -_MOST_LOGIT, _MOST_LOGIT)))
    return result
