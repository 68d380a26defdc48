"""Whether a decision of the fast encoder needs no second look by the accurate one.

A match is sure by its score and by how far it is ahead of the next route, "none" by how low the best score is; both
only for a text that is likely English, since the fast encoder reads nothing else. The bars were set on sets that were
not trained on: above them 98 of 100 decisions were right, or the accurate encoder's too.
"""

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from filters.routing.classifier import Verdict

MOST: Final = 3.0
"""The most that a lead counts, in logits."""
_FARTHEST: Final = 40.0


class Sure(NamedTuple):
    """The weights of the best logit, of its lead, and a bias, for matches and for "none"; and what tells English."""

    match: tuple[float, float, float]
    none: tuple[float, float, float]
    english: npt.NDArray[np.float32]
    english_bias: float

    @classmethod
    def of(cls, weights: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Take the weights from the fast encoder's file."""
        match, none = (tuple(map(float, weights[f"sure_{kind}"])) for kind in ("match", "none"))
        english = np.ascontiguousarray(weights["english"], np.float32)
        return cls(match, none, english, float(weights["english_bias"]))  # type: ignore[arg-type]  # they have three

    def doubt(self, verdict: Verdict, raw: npt.NDArray[np.float32]) -> str | None:
        """Return why a verdict does not stand, None where it does.

        `raw` is the raw part of the prompt's vector, of length 1.
        """
        best, lead = _best(verdict)
        weights = self.none if verdict.route is None else self.match
        if weights[0] * best + weights[1] * lead + weights[2] < 0:
            bar = -(weights[1] * lead + weights[2]) / weights[0]
            return _beside_the_bar(_score(best), _score(bar), none=verdict.route is None)
        if float(raw @ self.english) + self.english_bias < 0:
            return "unsure: the text is likely not English, and the fast encoder decides alone about English only"
        return None


def _beside_the_bar(score: float, bar: float, *, none: bool) -> str:
    said = f"unsure: the fast encoder's best score {score:.4f} is"
    if none:
        return f"{said} above {bar:.4f}, up to which it decides alone that nothing matches"
    return f"{said} below {bar:.4f}, from which it decides alone with such a lead"


def _best(verdict: Verdict) -> tuple[float, float]:
    """Return the logit of the route that matched, or the best one, and its lead: below 0 where another is ahead."""
    ranked = [0.0, *sorted(verdict.scores)]
    best, second = ranked[-1], ranked[-2]
    if verdict.route is not None:
        reached = zip(verdict.scores, verdict.thresholds, strict=True)
        match = max(score for score, threshold in reached if score >= threshold)
        if match < best:
            best, second = match, best
    return _logit(best), min(_logit(best) - _logit(second), MOST)


def _logit(score: float) -> float:
    return math.log(score / (1 - score)) if 0 < score < 1 else math.copysign(_FARTHEST, score - 0.5)


def _score(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-_FARTHEST, min(logit, _FARTHEST))))
