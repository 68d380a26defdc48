"""How certain a decision was: by how much a score must be another for it to turn."""

from collections.abc import Sequence


def margin(
    routes: Sequence[str], scores: Sequence[float], thresholds: Sequence[float], decided_by: str, route: str | None
) -> float | None:
    """Return the least change of one score that turns a decision for `route`; None where scores did not decide."""
    if decided_by != "embedded" or not len(scores):
        return None
    return least_change(scores, thresholds, None if route is None else list(routes).index(route))


def least_change(scores: Sequence[float], thresholds: Sequence[float], winner: int | None) -> float:
    """Return the least change of one score that changes which route wins (None: no route does)."""
    if winner is None:
        return min(limit - score for score, limit in zip(scores, thresholds, strict=True))
    best = scores[winner]
    others = (
        max(limit - score, best - score)
        for at, (score, limit) in enumerate(zip(scores, thresholds, strict=True))
        if at != winner
    )
    return min([best - thresholds[winner], *others])
