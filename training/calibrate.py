"""Scores that hold: a scale and a shift of the logits, and how much the turn before counts."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from training.figures import Scored

_STEPS = 4000
_PRECISION = 0.97
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


def sure(sets: list[Scored], others: list[Scored]) -> float:
    """Return the least logit from which on a best route is nearly always right, or what the other encoder says too."""
    best, right = (np.concatenate(column) for column in zip(*(one.best() for one in sets), strict=True))
    chosen = [np.concatenate([one.logits.argmax(axis=1) for one in part]) for part in (sets, others)]
    good = right | (chosen[0] == chosen[1])
    order = np.argsort(-best)
    precision = np.cumsum(good[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= _PRECISION)
    return float(best[order][enough[-1]]) if len(enough) else float(best.max()) + 1


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
