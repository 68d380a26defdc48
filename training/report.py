"""The report on a training run: how each encoder does on sets that it was not trained on."""

from typing import Any

import numpy as np

from training import recipe
from training.calibrate import Scale, Seen
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


_SHARES = """
With `auto`, of the prompts this share is decided by the fast encoder; "agree" is how often such a decision is right or
the accurate encoder's too.

| sets | share | agree | right by `auto` |
|---|---|---|---|
"""


def write(
    heads: Heads,
    corpus: Corpus,
    scales: dict[str, Scale],
    sure: dict[str, Any],
    groups: dict[str, list[Indexed]],
) -> str:
    """Return the report as markdown."""
    developed = sum(len(sets) for name, sets in groups.items() if name != "held out")
    total = len(corpus.sets) - developed
    text = _HEAD.format(trained=total - len(groups["held out"]), all=total, threshold=THRESHOLD)
    rows = [_row(heads, corpus, name, scales[name], *group) for name in scales for group in groups.items()]
    shares = [_share(recipe.seen(heads, corpus, scales, sets, sure), sure, group) for group, sets in groups.items()]
    return text + "\n".join([*rows, ""]) + _SHARES + "\n".join([*shares, ""])


def _share(seen: Seen, sure: dict[str, Any], group: str) -> str:
    weights = np.where((seen.fast >= 0)[:, None], sure["sure_match"], sure["sure_none"])
    settled = seen.english & ((weights * np.stack([seen.best, seen.lead, np.ones(len(seen.best))], axis=1)).sum(1) >= 0)
    good = ((seen.fast == seen.right) | (seen.fast == seen.accurate))[settled]
    right = np.where(settled, seen.fast, seen.accurate) == seen.right
    agree = f"{good.mean():.3f}" if len(good) else ""
    return f"| {group.replace('_', ' ')} | {settled.mean():.3f} | {agree} | {right.sum()} of {len(right)} |"


def _row(heads: Heads, corpus: Corpus, encoder: str, scale: Any, group: str, sets: list[Indexed]) -> str:
    threshold = (np.log(THRESHOLD / (1 - THRESHOLD)) - scale.shift) / scale.slope
    found = [one for one in (scored(heads, corpus, encoder, s) for s in sets) if len(one.right)]
    figures = together([measure(one, threshold) for one in found])
    best, right = (np.concatenate(column) for column in zip(*(one.best() for one in found), strict=True))
    error = calibration_error(1 / (1 + np.exp(-(scale.slope * best + scale.shift))), right)
    rates = (figures.top1, figures.auc, figures.inside, figures.outside, figures.balanced, error)
    cells = " | ".join("" if np.isnan(rate) else f"{rate:.3f}" for rate in rates)
    return f"| {encoder} | {group.replace('_', ' ')} | {figures.right} of {figures.prompts} | {cells} |"
