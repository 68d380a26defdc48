"""Training: the objective, and Adam with a cosine schedule."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from training.batches import Batch, Batches
from training.network import Array, Parameters, fast_logits, gate, sentence_logits

_WARM_UP = 20
_LAST_RATE = 0.05
_FIRST, _SECOND, _EPSILON = 0.9, 0.99, 1e-8
_SCALARS = 5.0
"""How much faster single numbers (scales, the bias) move than matrices."""
_EACH = 0.3
_ALONE = 0.7
_LABELS = 0.5
"""How much labels count for a student, beside its teacher."""
_TEMPERATURE = 2.0
_OTHER_SETS = 0.1


@dataclass(frozen=True)
class Plan:
    """How long and how: epochs, step size, decay, dropout, and the weight of other sets' routes as negatives."""

    epochs: int
    rate: float = 1e-3
    decay: float = 0.1
    drop: float = 0.4
    apart: float = 0.3


Loss = Callable[[Parameters, Batch, Array], Array]


def objective(logits: Array, batch: Batch, apart: float) -> Array:
    """Return the loss of logits: which route of the set or none, each route by itself, and other sets' routes."""
    weights, total = batch.weights, batch.weights.sum()
    inside = jnp.where(batch.inside, logits, -1e4)
    chosen = jnp.take_along_axis(logits, jnp.maximum(batch.labels, 0)[:, None], 1)[:, 0]
    against = jnp.logaddexp(jax.nn.logsumexp(inside, axis=1), 0.0)
    which = ((against - jnp.where(batch.labels < 0, 0.0, chosen)) * weights).sum()
    right = jax.nn.one_hot(batch.labels, logits.shape[1])
    each = (batch.inside * (jax.nn.softplus(logits) - right * logits) * weights[:, None]).sum()
    others = (batch.apart * jax.nn.softplus(logits)).sum()
    return (which + _EACH * each + apart * others) / total


def fast_loss(plan: Plan, heads: Parameters, batch: Batch, key: Array) -> Array:
    """Return the loss of the fast heads."""
    return objective(fast_logits(heads, batch.prompts, batch.routes, key, plan.drop), batch, plan.apart)


def student_loss(plan: Plan, teacher: Callable[[Batch], Array], heads: Parameters, batch: Batch, key: Array) -> Array:
    """Return the loss of fast heads that learn a teacher's logits, also for routes of other sets, and the labels."""
    logits = fast_logits(heads, batch.prompts, batch.routes, key, plan.drop)
    return _LABELS * objective(logits, batch, plan.apart) + likeness(logits, teacher(batch), batch)


def likeness(logits: Array, wanted: Array, batch: Batch) -> Array:
    """Return how far logits are from those wanted: in the choice of a route or none, and each by itself."""
    soft, goal = logits / _TEMPERATURE, wanted / _TEMPERATURE
    weights = batch.weights[:, None]
    chances, odds = (_choices(of, batch) for of in (goal, soft))
    which = (jnp.exp(chances) * (chances - odds)).sum(axis=1) * batch.weights
    apiece = jax.nn.softplus(soft) - jax.nn.sigmoid(goal) * soft
    each = apiece * weights * jnp.where(batch.inside, _EACH, _OTHER_SETS)
    return (which.sum() + each.sum()) * _TEMPERATURE / batch.weights.sum()


def _choices(logits: Array, batch: Batch) -> Array:
    """Return the logarithms of the chances of each route of a prompt's set, and of none."""
    inside = jnp.where(batch.inside, logits, -1e4)
    return jax.nn.log_softmax(jnp.concatenate([inside, jnp.zeros((len(inside), 1))], axis=1), axis=1)


def accurate_loss(plan: Plan, fast: Parameters, heads: Parameters, batch: Batch, key: Array) -> Array:
    """Return the loss of the accurate heads beside the fast ones, which stay as they are, and a share of it alone."""
    alone = sentence_logits(heads, batch.prompts, batch.routes, key, plan.drop)
    beside = gate(heads, batch.prompts) * fast_logits(fast, batch.prompts, batch.routes)
    return objective(alone + beside, batch, plan.apart) + _ALONE * objective(alone, batch, plan.apart)


def train(heads: Parameters, loss: Loss, batches: Batches, plan: Plan, seed: int, anchored: bool) -> Parameters:  # noqa: FBT001
    """Return trained heads. Anchored ones are drawn back to where they began, others to zero."""
    anchor = heads if anchored else jax.tree.map(jnp.zeros_like, heads)
    moments = jax.tree.map(jnp.zeros_like, heads), jax.tree.map(jnp.zeros_like, heads)
    step = jax.jit(partial(_step, loss, plan.decay))
    key, count, total = jax.random.PRNGKey(seed), 0, plan.epochs * len(batches)
    for _ in range(plan.epochs):
        for batch in batches.epoch():
            key, drawn = jax.random.split(key)
            cosine = (1 + np.cos(np.pi * count / total)) / 2
            rate = plan.rate * min(1.0, (count + 1) / _WARM_UP) * (cosine * (1 - _LAST_RATE) + _LAST_RATE)
            count += 1
            heads, moments = step(heads, moments, anchor, batch, drawn, rate, count)
    return jax.tree.map(np.asarray, heads)


def _step(
    loss: Loss,
    decay: float,
    heads: Parameters,
    moments: tuple[Parameters, Parameters],
    anchor: Parameters,
    batch: Batch,
    key: Array,
    rate: float,
    count: int,
) -> tuple[Parameters, tuple[Parameters, Parameters]]:
    gradients = jax.grad(loss)(heads, batch, key)
    first = jax.tree.map(lambda m, g: _FIRST * m + (1 - _FIRST) * g, moments[0], gradients)
    second = jax.tree.map(lambda m, g: _SECOND * m + (1 - _SECOND) * g * g, moments[1], gradients)

    def moved(p: Array, m: Array, v: Array, start: Array) -> Array:
        direction = (m / (1 - _FIRST**count)) / (jnp.sqrt(v / (1 - _SECOND**count)) + _EPSILON)
        pull = decay * (p - start) if p.ndim == 2 else 0.0
        return p - rate * (direction * (_SCALARS if p.ndim == 0 else 1.0) + pull)

    return jax.tree.map(moved, heads, first, second, anchor), (first, second)


jax.tree_util.register_dataclass(
    Batch, data_fields=["prompts", "routes", "labels", "weights", "inside", "apart"], meta_fields=[]
)
