"""Multinomial logistic regression, quick enough to run while a gateway starts or a request waits.

Each sample comes with logits that are given (what the descriptions say); what is learned is added to them, and an L2
penalty holds it near zero where the samples do not ask for more. The features are reduced to their principal
directions and whitened, in which conjugate gradients need few steps; each step is Newton's along its line. The
directions are found by products with a few drawn ones (randomised subspace iteration), at a fraction of the cost of a
decomposition; the draw is seeded, so the same samples give the same weights.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from filters.routing.embedded.encoder import Floats

_DIRECTIONS: Final = 192
_SPARE: Final = 16
"""How many more directions are followed than are kept, so that those kept are right."""
_PASSES: Final = 3
_STEPS: Final = 20
_ENOUGH: Final = 1e-4
"""How small the squared gradient has to become, of what it was at the start."""

_FARTHEST: Final = 4.0
"""The most that one step may add to a logit. Where the given logits are sure and wrong, the curvature misleads."""


class Samples(NamedTuple):
    """What to learn from: m samples with f features, of n classes.

    Of the `trained` classes something is learned; the logits of the others stay as they are given.
    """

    features: Floats  # (m, f)
    given: Floats  # (m, n)
    labels: npt.NDArray[np.intp]  # (m,)
    weights: Floats  # (m,)
    trained: npt.NDArray[np.bool_]  # (n,)


def fit(samples: Samples, penalty: float) -> Floats:
    """Return the weights, shape (f, n): the logits are `given + features @ weights`."""
    basis = _basis(samples, penalty)
    ridge = np.float32(penalty) * np.square(basis).sum(axis=0)[:, None]
    learned = _descend(samples, np.matmul(samples.features, basis), ridge)
    return np.ascontiguousarray(basis @ learned, np.float32)


def _basis(samples: Samples, penalty: float) -> Floats:
    """Return the principal directions, scaled so that the objective curves about alike along each."""
    rows = samples.features * np.sqrt(samples.weights)[:, None]
    width = min(_DIRECTIONS + _SPARE, *rows.shape)
    seen = np.random.default_rng(0).standard_normal((len(rows), width), np.float32)
    for _ in range(_PASSES):
        directions, _ = np.linalg.qr(rows.T @ seen)
        seen = rows @ directions
    variances, turned = np.linalg.eigh(seen.T @ seen)
    kept = slice(-_DIRECTIONS, None)
    scale = 1 / np.sqrt(np.maximum(variances[kept], 0) / 2 + penalty)
    return np.ascontiguousarray(directions @ turned[:, kept] * scale, np.float32)


def _descend(samples: Samples, features: Floats, ridge: Floats) -> Floats:
    pull = _pull(samples, features)
    weighted = features.T * samples.weights
    solution = np.zeros_like(pull)
    logits = samples.given.copy()
    direction, before, start = solution, solution, 0.0
    for _ in range(_STEPS):
        chances = _softmax(logits)
        gradient = (weighted @ chances - pull + ridge * solution) * samples.trained
        size = _dot(gradient, gradient)
        start = start or size
        if size <= _ENOUGH * start:
            break
        turn = _dot(gradient, gradient - before) / (_dot(before, before) or np.inf)
        direction = max(turn, 0.0) * direction - gradient
        change = features @ direction
        curvature = _curvature(chances, change, samples.weights) + _dot(ridge * direction, direction)
        step = np.float32(min(-_dot(gradient, direction) / curvature, _FARTHEST / _largest(change)))
        solution = solution + step * direction
        change *= step
        logits += change
        before = gradient
    return solution


def _pull(samples: Samples, features: Floats) -> Floats:
    """Return where the labels pull, shape (f, n): the weighted sum of each class's features."""
    pull = np.zeros((len(samples.trained), features.shape[1]), np.float32)
    np.add.at(pull, samples.labels, features * samples.weights[:, None])
    return pull.T


def _softmax(logits: Floats) -> Floats:
    odds: Floats = logits - logits.max(axis=1, keepdims=True)
    np.exp(odds, out=odds)
    odds /= odds.sum(axis=1, keepdims=True)
    return odds


def _curvature(chances: Floats, change: Floats, weights: Floats) -> float:
    """Return the second derivative of the loss along a change of the logits."""
    mean = np.einsum("ij,ij->i", chances, change)
    square = np.einsum("ij,ij,ij->i", chances, change, change)
    return _dot(weights, square - mean * mean)


def _largest(change: Floats) -> float:
    return float(max(change.max(), -change.min()))


def _dot(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    return float(np.vdot(one, other))
