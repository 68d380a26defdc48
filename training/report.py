"""The report on a training run: how each encoder does on sets that it was not trained on."""

from typing import Any

import numpy as np

from training.corpus import Corpus, Indexed
from training.figures import calibration_error, measure, together
from training.recipe import THRESHOLD, Heads, scored

_HEAD = """# Report on the weights

Written by `python -m training`. Trained on {trained} of {all} route sets and measured on the others and on the
development sets; descriptions only, each prompt alone, one threshold ({threshold}) for all. The weights that ship are
then trained on all {all} sets in the same way. top-1, AUC, in and out of scope are means over sets; `ECE` is the
expected calibration error of the best score, over all prompts of the group.

| encoder | sets | right | top-1 | AUC | in scope | out of scope | balanced | ECE |
|---|---|---|---|---|---|---|---|---|
"""


def write(heads: Heads, corpus: Corpus, scales: dict[str, Any], groups: dict[str, list[Indexed]]) -> str:
    """Return the report as markdown."""
    developed = sum(len(sets) for name, sets in groups.items() if name != "held out")
    total = len(corpus.sets) - developed
    text = _HEAD.format(trained=total - len(groups["held out"]), all=total, threshold=THRESHOLD)
    rows = [_row(heads, corpus, name, scales[name][0], *group) for name in scales for group in groups.items()]
    tail = [f"With `auto`, a match of the fast encoder from a score of {scales['fast'][1]:.3f} on gets no second look."]
    return text + "\n".join([*rows, "", *tail, ""])


def _row(heads: Heads, corpus: Corpus, encoder: str, scale: Any, group: str, sets: list[Indexed]) -> str:
    threshold = (np.log(THRESHOLD / (1 - THRESHOLD)) - scale.shift) / scale.slope
    found = [one for one in (scored(heads, corpus, encoder, s) for s in sets) if len(one.right)]
    figures = together([measure(one, threshold) for one in found])
    best, right = (np.concatenate(column) for column in zip(*(one.best() for one in found), strict=True))
    error = calibration_error(1 / (1 + np.exp(-(scale.slope * best + scale.shift))), right)
    rates = (figures.top1, figures.auc, figures.inside, figures.outside, figures.balanced, error)
    cells = " | ".join("" if np.isnan(rate) else f"{rate:.3f}" for rate in rates)
    return f"| {encoder} | {group.replace('_', ' ')} | {figures.right} of {figures.prompts} | {cells} |"
