"""Why a decision fell as it did, in numbers and names; never in words of the prompt."""

from collections.abc import Sequence
from typing import Any, Final

from filters.context import Json
from filters.routing.classifier import BoundClassifier, NearestExample, Prompt, Route, Verdict, nearest_example

_DIGITS: Final = 4

_Row = tuple[float, float, Route]
"""A route with its score and its threshold."""


def explain_verdict(verdict: Verdict, bound: BoundClassifier, prompt: Prompt, candidates: Sequence[str]) -> Json:
    """Return the `explain` object of a classified request.

    `routes` are ranked by score. The next four are about the route that matched or, where none did or an LLM decided,
    about the best: `threshold` is what it had to reach, `runner_up` the best other route, `margin` how far that is
    behind (below 0 where a better one missed a threshold of its own), and `flips_at` the threshold at which the
    decision turns: a route that matched does so up to it, one that did not would from it down. It is None where no
    threshold decided. `nearest_example` is the example most like the last user turn.
    """
    routes = bound.routes
    ranked = sorted(zip(verdict.scores, verdict.thresholds, routes, strict=False), key=lambda row: -row[0])
    return {
        "candidates": list(candidates),
        "routes": [
            {"name": route.name, "score": _round(score), "threshold": _round(threshold)}
            for score, threshold, route in ranked
        ],
        **_outlook(verdict, ranked),
        "nearest_example": _nearest(nearest_example(bound, prompt), routes),
        "decided_by": verdict.decided_by,
        "others": list(verdict.others),
        "skipped": [{"stage": skipped.stage, "reason": skipped.reason} for skipped in verdict.skipped],
        "elapsed_us": dict(verdict.elapsed_us),
    }


def explain_unclassified(decided_by: str, candidates: Sequence[str], stage: str, reason: str) -> Json:
    """Return the `explain` object of a request for which no classifier ran."""
    return {
        "candidates": list(candidates),
        "routes": [],
        **_NO_OUTLOOK,
        "nearest_example": None,
        "decided_by": decided_by,
        "others": [],
        "skipped": [{"stage": stage, "reason": reason}],
        "elapsed_us": {},
    }


_NO_OUTLOOK: Final[Json] = {"threshold": None, "margin": None, "runner_up": None, "flips_at": None}


def _outlook(verdict: Verdict, ranked: Sequence[_Row]) -> dict[str, Any]:
    if not ranked:
        return _NO_OUTLOOK
    by_threshold = verdict.decided_by == "embedded"
    subject = next((row for row in ranked if by_threshold and row[2] is verdict.route), ranked[0])
    score, threshold, _ = subject
    second = next((row for row in ranked if row is not subject), None)
    return {
        "threshold": _round(threshold),
        "margin": _round(score - second[0]) if second else None,
        "runner_up": second[2].name if second else None,
        "flips_at": _round(score) if by_threshold else None,
    }


def _nearest(found: NearestExample | None, routes: Sequence[Route]) -> Json | None:
    if found is None:
        return None
    return {"route": routes[found.route].name, "index": found.example, "similarity": _round(found.similarity)}


def _round(value: float) -> float:
    return round(float(value), _DIGITS)
