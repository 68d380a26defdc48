"""What outcomes amount to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from gateway.evaluation.run import Outcome

BINS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""The edges of the reliability table."""


@dataclass(frozen=True, slots=True)
class RouteFigures:
    """How well one route was told from the rest; None stands for no match, and for a figure of nothing."""

    route: str | None
    precision: float | None
    recall: float | None
    support: int


@dataclass(frozen=True, slots=True)
class Bin:
    """The cases whose best score lies from `low` to `high`: how sure they were on average, and how often right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far scores can be read as probabilities: the expected calibration error (0 is perfect), and where it is."""

    error: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Rates:
    """What gates are put on, each from 0 to 1: None where there is nothing to count.

    `accuracy`: the decision is an expected one. `abstain`: nothing matched. `missed`: nothing matched though something
    should have. `flips`: the decision about a variant differs from the one about its prompt.
    """

    count: int
    accuracy: float
    abstain: float
    missed: float | None
    flips: float | None


def rates(outcomes: Sequence[Outcome]) -> Rates:
    """Return the rates of at least one outcome."""
    routed = [outcome for outcome in outcomes if None not in outcome.case.expected]
    noised = [noised for outcome in outcomes for noised in outcome.noised if noised.recorded]
    return Rates(
        count=len(outcomes),
        accuracy=_share(outcome.right for outcome in outcomes) or 0.0,
        abstain=_share(outcome.route is None for outcome in outcomes) or 0.0,
        missed=_share(outcome.route is None for outcome in routed),
        flips=sum(len(outcome.flips) for outcome in outcomes) / len(noised) if noised else None,
    )


def flips_by_kind(outcomes: Iterable[Outcome]) -> Mapping[str, float]:
    """Return the flip rate under each kind of noise."""
    found = [(noised, noised.route != outcome.route) for outcome in outcomes for noised in outcome.noised]
    tried = Counter(noised.kind for noised, _ in found if noised.recorded)
    flipped = Counter(noised.kind for noised, flip in found if noised.recorded and flip)
    return {kind: flipped[kind] / count for kind, count in tried.items()}


def by_tag(outcomes: Iterable[Outcome]) -> Mapping[str, list[Outcome]]:
    """Return the outcomes of each tag, in the order in which tags first appear."""
    tagged: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        for tag in dict.fromkeys(outcome.case.tags):
            tagged.setdefault(tag, []).append(outcome)
    return tagged


def confusion(outcomes: Iterable[Outcome]) -> Mapping[tuple[str | None, str | None], int]:
    """Count (expected, decided). Of several acceptable routes the one decided on counts, else the first."""
    return Counter((_truth(outcome), outcome.route) for outcome in outcomes)


def per_route(counts: Mapping[tuple[str | None, str | None], int], routes: Sequence[str | None]) -> list[RouteFigures]:
    """Return the figures of each route from a confusion matrix."""
    figures = []
    for route in routes:
        support = sum(count for (expected, _), count in counts.items() if expected == route)
        decided = sum(count for (_, found), count in counts.items() if found == route)
        hits = counts.get((route, route), 0)
        figures.append(
            RouteFigures(route, hits / decided if decided else None, hits / support if support else None, support)
        )
    return figures


def calibration(outcomes: Iterable[Outcome], routes: Sequence[str]) -> Calibration | None:
    """Compare the best score of each case with how often that route is an expected one.

    None where no decision came with a score (an LLM gives none).
    """
    scored = [outcome for outcome in outcomes if len(outcome.verdict.scores)]
    if not scored:
        return None
    confidence = np.array([max(outcome.verdict.scores) for outcome in scored])
    right = np.array([routes[int(np.argmax(each.verdict.scores))] in each.case.expected for each in scored])
    at = np.clip(np.digitize(confidence, BINS) - 1, 0, len(BINS) - 2)
    bins = tuple(
        Bin(low, high, int(inside.sum()), float(confidence[inside].mean()), float(right[inside].mean()))
        for index, (low, high) in enumerate(pairwise(BINS))
        if (inside := at == index).any()
    )
    error = sum(each.count * abs(each.confidence - each.accuracy) for each in bins) / len(scored)
    return Calibration(error, bins)


def percentile_us(outcomes: Iterable[Outcome], percent: float) -> float:
    """Return how many microseconds that share of the decisions took at most."""
    return float(np.percentile([outcome.elapsed_us for outcome in outcomes], percent))


def _truth(outcome: Outcome) -> str | None:
    return outcome.route if outcome.right else outcome.case.expected[0]


def _share(flags: Iterable[bool]) -> float | None:
    found = list(flags)
    return sum(found) / len(found) if found else None
