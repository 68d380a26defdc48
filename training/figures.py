"""How well scores decide: the figures of the report."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


class Scored(NamedTuple):
    """Logits of prompts for routes (m, n), and the index of the right route of each prompt, -1 for none."""

    logits: Matrix
    right: npt.NDArray[np.intp]

    def best(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return the best logit of each prompt, and whether that route is the right one."""
        chosen = self.logits.argmax(axis=1)
        return self.logits[np.arange(len(chosen)), chosen], chosen == self.right


class Figures(NamedTuple):
    """Counts and rates over one or more sets; nan where there is nothing to count."""

    right: int
    prompts: int
    top1: float
    auc: float
    inside: float
    outside: float

    @property
    def balanced(self) -> float:
        """Return the mean of what is right in scope and out of scope."""
        return float(np.nanmean([self.inside, self.outside]))


def measure(scored: Scored, threshold: float) -> Figures:
    """Return the figures of one set at a threshold, a logit."""
    best, correct = scored.best()
    inside = scored.right >= 0
    matched = best >= threshold
    good = np.where(inside, correct & matched, ~matched)
    none = np.sort(best[~inside])
    auc = np.mean(none.searchsorted(best[inside]) / len(none)) if len(none) and inside.any() else np.nan
    rates = [values.mean() if len(values) else np.nan for values in (correct[inside], good[inside], good[~inside])]
    return Figures(int(good.sum()), len(good), rates[0], float(auc), rates[1], rates[2])


def together(figures: list[Figures]) -> Figures:
    """Return the sum of the counts and the means of the rates."""
    columns = np.array(figures, float)
    known = ~np.isnan(columns)
    means = np.where(known, columns, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    means[~known.any(axis=0)] = np.nan
    return Figures(int(columns[:, 0].sum()), int(columns[:, 1].sum()), *means[2:])


def calibration_error(probabilities: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """Return the expected calibration error: how far scores are from how often they are right, by bins."""
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [
        abs(probabilities[places == at].mean() - right[places == at].mean()) * np.mean(places == at)
        for at in range(bins)
        if (places == at).any()
    ]
    return float(sum(gaps))
