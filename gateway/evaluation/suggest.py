"""Thresholds that would decide the labelled prompts better.

What is maximised is balanced accuracy: the mean of how often a right route is chosen where there is one, and how often
none is where none is right. A threshold is put in the middle of the gap between two prompts, measured in log-odds, so
that what is proposed does not hang on one of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from filters.routing.classifier import Route, Verdict
from gateway.evaluation.labels import Case

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

_FARTHEST: Final = 6.0
"""The log-odds beyond which no threshold is put: 0.0025 and 0.9975."""
_LEAST: Final = 1 / (1 + math.exp(_FARTHEST))
_MOST: Final = 1 - _LEAST
_ROUNDS: Final = 3
_CASES: Final = 2
"""So many cases of the rarer kind must be mended, and one more, for a route to be given a threshold of its own: with
less, thresholds fitted to one half of the development sets did worse on the other than none at all."""
_ALIKE: Final = 1e-9
_DIGITS: Final = (2, 4)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A threshold: of a route or, where `route` is None, `routing.threshold`.

    Anything above the first and up to the second bound of `gap` decides the labelled prompts alike.
    """

    route: str | None
    current: float
    proposed: float
    gap: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Change:
    """A case about which something else would be decided."""

    case: Case
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to set, the balanced accuracy before and after, and what would change. No proposals: nothing is gained."""

    proposals: tuple[Proposal, ...]
    before: float
    after: float
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What is fitted to: the embedded classifier's verdict on each case (at least one), for at least one route."""

    routes: Sequence[Route]
    cases: Sequence[Case]
    scores: Floats  # (cases, routes)
    thresholds: Floats  # (routes,)

    @classmethod
    def of(cls, routes: Sequence[Route], cases: Sequence[Case], verdicts: Sequence[Verdict]) -> "Sample":
        """Read verdicts."""
        scores = np.array([verdict.scores for verdict in verdicts], np.float64)
        return cls(routes, cases, scores, np.array(verdicts[0].thresholds, np.float64))

    def right(self, decided: Indices) -> npt.NDArray[np.bool_]:
        """Tell for each case whether a decision, the index of a route or -1 for none, is an expected one."""
        names = [*(route.name for route in self.routes), None]
        return np.array([names[at] in case.expected for at, case in zip(decided, self.cases, strict=True)])

    def weights(self) -> Floats:
        """Return what each case counts, so that the weights of the right ones sum up to the balanced accuracy."""
        outside = np.array([None in case.expected for case in self.cases])
        kinds = [kind for kind in (outside, ~outside) if kind.any()]
        weights: Floats = sum((kind / kind.sum() for kind in kinds), np.zeros(len(outside))) / len(kinds)
        return weights


def suggest_shared(sample: Sample) -> Suggestion:
    """Suggest one threshold for all routes that have none of their own."""
    return _suggestion(sample, _share(sample), [])


def suggest_each(sample: Sample) -> Suggestion:
    """Suggest one threshold for all and, for each route that gains by it, one of its own."""
    shared = better = _share(sample)
    least = _CASES * float(sample.weights().max())
    for _ in range(_ROUNDS):
        for index in range(len(sample.routes)):
            found = _Sweep.over(better, [index]).best(better.thresholds[index], least)
            if found is not None:
                better = _with(better, [index], found)
    own = [index for index in range(len(sample.routes)) if better.thresholds[index] != shared.thresholds[index]]
    return _suggestion(sample, better, own)


class _Sweep(NamedTuple):
    """The balanced accuracy for every threshold of a group of routes: `values[k]` from `edges[k]` to `edges[k + 1]`."""

    edges: Floats  # (k + 1,)
    values: Floats  # (k,)

    @classmethod
    def over(cls, sample: Sample, group: list[int]) -> "_Sweep":
        """Move the threshold of a group, the others staying where they are.

        A case has two possible outcomes: with the best of the group among the routes that reach their thresholds, from
        its score down, and without.
        """
        away = sample.thresholds.copy()
        away[group] = np.inf
        near = away.copy()
        near[group] = 0.0
        weights = sample.weights()
        without = weights * sample.right(_decide(sample.scores, away))
        gains = weights * sample.right(_decide(sample.scores, near)) - without
        steps, at = np.unique(sample.scores[:, group].max(axis=1), return_inverse=True)
        summed = np.bincount(at, gains, len(steps))
        values = without.sum() + np.append(np.cumsum(summed[::-1])[::-1], 0.0)
        return cls(np.concatenate(([0.0], steps, [1.0])), values)

    def best(self, current: float, least: float = _ALIKE) -> float | None:
        """Return a threshold in the middle of the widest best gap, None where it gains no more than `least`.

        No threshold lets a score of 0 pass, and none keeps one of 1 back: those gaps are empty.
        """
        room = np.diff(np.clip(self.edges, _LEAST, _MOST))
        values = np.where(room > 0, self.values, -np.inf)
        top = values.max()
        if top <= self.values[self._at(current)] + least:
            return None
        gaps = {self.gap(int(k)) for k in np.flatnonzero(values >= top - _ALIKE)}
        return _middle(*max(gaps, key=lambda gap: (_odds(gap[1]) - _odds(gap[0]), gap)))

    def gap(self, k: int) -> tuple[float, float]:
        """Return the bounds of the thresholds around the k-th step that do as well as it does."""
        alike = np.abs(self.values - self.values[k]) <= _ALIKE
        low = high = k
        while low and alike[low - 1]:
            low -= 1
        while high + 1 < len(alike) and alike[high + 1]:
            high += 1
        return float(self.edges[low]), float(self.edges[high + 1])

    def gap_of(self, threshold: float) -> tuple[float, float]:
        """Return the bounds of the thresholds that do as well as this one."""
        return self.gap(self._at(threshold))

    def _at(self, threshold: float) -> int:
        return int(np.searchsorted(self.edges[1:-1], threshold, side="left"))


def _decide(scores: Floats, thresholds: Floats) -> Indices:
    """Return the best of the routes that reach their thresholds, -1 where none does."""
    reached = np.where(scores >= thresholds, scores, -1.0)
    best = reached.argmax(axis=1)
    return np.where(reached[np.arange(len(best)), best] >= 0, best, -1)


def _share(sample: Sample) -> Sample:
    """Return the sample with the best threshold for all routes that have none of their own."""
    shared = _sharing(sample)
    found = _Sweep.over(sample, shared).best(sample.thresholds[shared[0]]) if shared else None
    return sample if found is None else _with(sample, shared, found)


def _sharing(sample: Sample) -> list[int]:
    return [index for index, route in enumerate(sample.routes) if route.threshold is None]


def _with(sample: Sample, group: list[int], threshold: float) -> Sample:
    thresholds = sample.thresholds.copy()
    thresholds[group] = threshold
    return replace(sample, thresholds=thresholds)


def _suggestion(sample: Sample, better: Sample, own: list[int]) -> Suggestion:
    """Say how `better` differs: in the threshold of all, and in those of the routes that get their own."""
    groups: list[tuple[str | None, list[int]]] = [(None, [index for index in _sharing(sample) if index not in own])]
    groups += [(sample.routes[index].name, [index]) for index in own]
    before, after = (_decide(each.scores, each.thresholds) for each in (sample, better))
    names = [*(route.name for route in sample.routes), None]
    changes = tuple(
        Change(case, names[was], names[now])
        for case, was, now in zip(sample.cases, before, after, strict=True)
        if was != now
    )
    weights = sample.weights()
    return Suggestion(
        proposals=tuple(_proposal(sample, better, *group) for group in groups if _differ(sample, better, group[1])),
        before=float(weights @ sample.right(before)),
        after=float(weights @ sample.right(after)),
        changes=changes,
    )


def _differ(sample: Sample, better: Sample, group: list[int]) -> bool:
    return bool(group) and bool(sample.thresholds[group[0]] != better.thresholds[group[0]])


def _proposal(sample: Sample, better: Sample, name: str | None, group: list[int]) -> Proposal:
    current, proposed = float(sample.thresholds[group[0]]), float(better.thresholds[group[0]])
    return Proposal(name, current, proposed, _Sweep.over(better, group).gap_of(proposed))


def _middle(low: float, high: float) -> float:
    """Return a round number near the middle of what lies above `low` and up to `high`, and not too far out."""
    low, high = max(low, _LEAST), min(high, _MOST)
    middle = 1 / (1 + math.exp(-(_odds(low) + _odds(high)) / 2))
    rounded = (round(middle, digits) for digits in _DIGITS)
    return next((value for value in rounded if low < value <= high), middle)


def _odds(probability: float) -> float:
    if probability <= 0 or probability >= 1:
        return math.copysign(_FARTHEST, probability - 0.5)
    return max(-_FARTHEST, min(math.log(probability / (1 - probability)), _FARTHEST))
