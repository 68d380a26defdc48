"""Scores that hold: a scale and a shift of the logits, and how much the turn before counts."""

from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from filters.routing.embedded.sure import MOST
from training.figures import Matrix, Scored

_STEPS = 4000
_PRECISION = 0.98
_RIDGE = 1e-5
_NEWTON_STEPS = 25
_FOLLOW_STEPS = 400
_FOLLOW_RATE = 0.03
_FOLLOW_DECAY = 1e-3


class Scale(NamedTuple):
    """A logit becomes `slope * logit + shift`."""

    slope: float
    shift: float


def scale(groups: list[list[Scored]]) -> Scale:
    """Return the scale at which a best score is how likely that route is right; each group counts alike."""
    parts = [
        [np.concatenate(column) for column in zip(*(one.best() for one in group), strict=True)] for group in groups
    ]
    best, right = (np.concatenate([part[at] for part in parts]).astype(float) for at in (0, 1))
    weights = np.concatenate([np.full(len(part[0]), 1 / len(part[0]) / len(parts)) for part in parts])
    slope, shift = 1.0, 0.0
    for _ in range(_STEPS):
        gap = weights * (1 / (1 + np.exp(-(slope * best + shift))) - right)
        slope -= 0.05 * float(gap @ best)
        shift -= 0.3 * float(gap.sum())
    return Scale(slope, shift)


class Seen(NamedTuple):
    """What both encoders decided about n prompts of sets: routes by their places, -1 for none.

    `best` is the fast encoder's best logit, `lead` how far it is ahead of the next route or of none, and `english`
    whether the text is likely to be.
    """

    fast: npt.NDArray[np.intp]
    accurate: npt.NDArray[np.intp]
    right: npt.NDArray[np.intp]
    best: npt.NDArray[np.float64]
    lead: npt.NDArray[np.float64]
    english: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, fast: Matrix, accurate: Matrix, right: npt.NDArray[np.intp], english: Any, threshold: float) -> Self:
        """Decide by calibrated logits (n, routes) and a threshold."""
        chosen = [np.where(one.max(axis=1) >= threshold, one.argmax(axis=1), -1) for one in (fast, accurate)]
        best, second = np.sort(np.hstack([fast, np.full((len(fast), 1), -np.inf)]), axis=1)[:, :-3:-1].T
        return cls(*chosen, right, best, np.minimum(best - second, MOST), english)


def logit(probability: float) -> float:
    """Return the logarithm of the odds."""
    return float(np.log(probability / (1 - probability)))


def sums(features: npt.NDArray[Any], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the weighted sums of features (n, f); the last weight is the bias."""
    return np.asarray(features @ weights[:-1] + weights[-1], np.float64)


def logistic(
    features: npt.NDArray[Any], wanted: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Return the weights of a logistic regression (Newton's method, a small L2 penalty), the last one the bias."""
    rows = np.hstack([features, np.ones((len(features), 1))]).astype(np.float64)
    weights = np.ones(len(rows)) if weights is None else weights
    found = np.zeros(rows.shape[1])
    penalty = _RIDGE * weights.sum() * np.eye(len(found))
    for _ in range(_NEWTON_STEPS):
        chances = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        slope = rows.T @ (weights * (chances - wanted)) + penalty @ found
        found -= np.linalg.solve((rows.T * (weights * chances * (1 - chances) + 1e-9)) @ rows + penalty, slope)
    return found


def bar(groups: list[Seen], *, matched: bool) -> npt.NDArray[np.float32]:
    """Return weights of best logit, lead and 1, whose sum is at least 0 where a decision of the fast encoder stands.

    Where it does, `_PRECISION` of such decisions are right, or the accurate encoder's too, in each group.
    """
    seen = Seen(*map(np.concatenate, zip(*groups, strict=True)))
    group = np.repeat(np.arange(len(groups)), [len(one.best) for one in groups])
    kept = ((seen.fast >= 0) == matched) & seen.english
    good, group = ((seen.fast == seen.right) | (seen.fast == seen.accurate))[kept], group[kept]
    features = np.stack([seen.best, seen.lead], axis=1)[kept]
    weights = logistic(features, good, 1 / np.array([len(one.best) for one in groups])[group])
    scores = sums(features, weights)
    order = np.argsort(-scores)
    drawn = group[order] == np.arange(len(groups))[:, None]
    precision = np.cumsum(drawn * good[order], axis=1) / np.maximum(np.cumsum(drawn, axis=1), 1)
    enough = np.flatnonzero(((precision >= _PRECISION) | (np.cumsum(drawn, axis=1) == 0)).all(axis=0))
    weights[-1] -= scores[order][enough[-1]] if len(enough) else scores.max() + 1
    return weights.astype(np.float32)


class Pairs(NamedTuple):
    """Two turns: the last one's raw vector (n, d) and log length (n,), and both turns' logits (n, r).

    Of the logits those that are `known` (n, r) belong to the set. `right` is the right route, -1 for none.
    """

    raw: npt.NDArray[np.float32]
    length: npt.NDArray[np.float32]
    last: npt.NDArray[np.float32]
    before: npt.NDArray[np.float32]
    known: npt.NDArray[np.bool_]
    right: npt.NDArray[np.intp]
    weights: npt.NDArray[np.float32]


def follow(pairs: Pairs, none: float) -> dict[str, npt.NDArray[np.float32]]:
    """Return the logistic function of the last turn that says how much the turn before counts. `none` is its logit."""
    start = {"follow": jnp.zeros(pairs.raw.shape[1]), "follow_length": jnp.float32(0), "follow_bias": jnp.float32(-1)}

    def loss(p: dict[str, jax.Array]) -> jax.Array:
        share = jax.nn.sigmoid(pairs.raw @ p["follow"] + pairs.length * p["follow_length"] + p["follow_bias"])[:, None]
        logits = jnp.where(pairs.known, (1 - share) * pairs.last + share * pairs.before, -1e4)
        against = jnp.logaddexp(jax.nn.logsumexp(logits, axis=1), none)
        chosen = jnp.take_along_axis(logits, jnp.maximum(pairs.right, 0)[:, None], 1)[:, 0]
        wrong = ((against - jnp.where(pairs.right < 0, none, chosen)) * pairs.weights).sum() / pairs.weights.sum()
        return wrong + _FOLLOW_DECAY * (p["follow"] ** 2).sum()

    step = jax.jit(jax.value_and_grad(loss))
    first = jax.tree.map(jnp.zeros_like, start)
    second = jax.tree.map(jnp.zeros_like, start)
    for count in range(1, _FOLLOW_STEPS + 1):
        _, gradient = step(start)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g * g, second, gradient)
        start = jax.tree.map(
            lambda p, m, v: p - _FOLLOW_RATE * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.99**count)) + 1e-8),  # noqa: B023
            start,
            first,
            second,
        )
    return jax.tree.map(lambda x: np.asarray(x, np.float32), start)
