"""Why a decision fell as it did, in numbers and names; never in words of the prompt."""

from collections.abc import Sequence
from typing import Any, Final

from filters.context import Json
from filters.routing.classifier import Route, Verdict

_DIGITS: Final = 4


def explain_verdict(verdict: Verdict, routes: Sequence[Route], candidates: Sequence[str]) -> Json:
    """Return the `explain` object of a classified request.

    `routes` are ranked by score; `threshold` is what the best of them had to reach; `margin` how far it is ahead of the
    `runner_up`; `flips_at` the threshold of that route above which (if it matched) or below which (if it did not) the
    decision would be another.
    """
    ranked = sorted(zip(verdict.scores, verdict.thresholds, routes, strict=False), key=lambda row: -row[0])
    return {
        "candidates": list(candidates),
        "routes": [
            {"name": route.name, "score": _round(score), "threshold": _round(threshold)}
            for score, threshold, route in ranked
        ],
        **_outlook(ranked),
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
        **_outlook([]),
        "decided_by": decided_by,
        "others": [],
        "skipped": [{"stage": stage, "reason": reason}],
        "elapsed_us": {},
    }


def _outlook(ranked: Sequence[tuple[float, float, Route]]) -> dict[str, Any]:
    if not ranked:
        return {"threshold": None, "margin": None, "runner_up": None, "flips_at": None}
    score, threshold, _ = ranked[0]
    second = ranked[1] if len(ranked) > 1 else None
    return {
        "threshold": _round(threshold),
        "margin": _round(score - second[0]) if second else None,
        "runner_up": second[2].name if second else None,
        "flips_at": _round(score),
    }


def _round(value: float) -> float:
    return round(float(value), _DIGITS)
