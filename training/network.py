"""The heads in JAX: what `filters/routing/embedded` computes, for whole batches and with gradients.

Parameters are dictionaries of arrays, named as in the files that ship. `fast` are the heads over the static table's
views; `accurate` those over sentence vectors, and the gate that weighs the fast logit beside them.
"""

from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

Parameters: TypeAlias = dict[str, Any]
Array: TypeAlias = Any

VIEWS = 4
HEADS = ("Wq", "bq", "h0", "h0b", "h1", "h1b", "vw", "Wd", "bd", "d0", "d0b", "d1", "d1b", "a", "c", "b")
SIZE = 1024


class Texts(NamedTuple):
    """A batch of texts: views of the static table (n, 1024), sentence vectors (n, 1024)."""

    views: Array
    sentences: Array


def fast_start(weights: Any, hidden: int) -> Parameters:
    """Return the heads of a file, with the hidden units of the query head that weigh most."""
    heads = {name: jnp.asarray(weights[name], jnp.float32) for name in HEADS}
    weight = np.linalg.norm(weights["h1"].astype(np.float32), axis=1) * np.linalg.norm(
        weights["h0"].astype(np.float32), axis=0
    )
    kept = np.sort(np.argsort(-weight)[:hidden])
    return heads | {"h0": heads["h0"][:, kept], "h0b": heads["h0b"][kept], "h1": heads["h1"][kept]}


def accurate_start(key: Array, hidden: int, width: int = 256, route_hidden: int = 128) -> Parameters:
    """Return heads that begin as one projection, the same on both sides, so that a logit begins as a likeness."""
    keys = jax.random.split(key, 5)
    shared = jax.random.normal(keys[0], (SIZE, width)) / np.sqrt(SIZE)
    heads: Parameters = {"q_linear": shared, "d_linear": shared}
    for at, (side, units) in enumerate((("q", hidden), ("d", route_hidden))):
        heads |= {
            f"{side}_bias": jnp.zeros(width),
            f"{side}_hidden": jax.random.normal(keys[1 + 2 * at], (SIZE, units)) / np.sqrt(SIZE),
            f"{side}_hidden_bias": jnp.zeros(units),
            f"{side}_out": 0.3 * jax.random.normal(keys[2 + 2 * at], (units, width)) / np.sqrt(units),
        }
    return heads | {
        "a": jnp.float32(8),
        "c": jnp.float32(3),
        "b": jnp.float32(-3),
        "gate": jnp.zeros(SIZE),
        "gate_bias": jnp.float32(-0.4),
    }


def fast_logits(p: Parameters, prompts: Texts, routes: Texts, key: Array = None, drop: float = 0.0) -> Array:
    """Return the logits of the fast encoder, shape (prompts, routes)."""
    keys = (None, None) if key is None else jax.random.split(key)
    x, y = prompts.views, routes.views[:, 512:768]
    hidden = _dropped(jax.nn.gelu(x @ p["h0"] + p["h0b"], approximate=True), keys[0], drop)
    z = _unit(x @ p["Wq"] + p["bq"] + hidden @ p["h1"] + p["h1b"])
    raw = _unit((x.reshape(len(x), VIEWS, -1) * p["vw"][:, None]).sum(1))
    hidden = _dropped(jax.nn.gelu(y @ p["d0"] + p["d0b"], approximate=True), keys[1], drop)
    t = _unit(y @ p["Wd"] + p["bd"] + hidden @ p["d1"] + p["d1b"])
    return p["a"] * z @ t.T + p["c"] * raw @ y.T + p["b"]


def sentence_logits(p: Parameters, prompts: Texts, routes: Texts, key: Array = None, drop: float = 0.0) -> Array:
    """Return the logits of the sentence encoder's heads alone, shape (prompts, routes)."""
    keys = (None, None, None) if key is None else jax.random.split(key, 3)
    x = _dropped(prompts.sentences, keys[0], drop / 2)
    z = _side(p, "q", x, keys[1], drop)
    t = _side(p, "d", routes.sentences, keys[2], drop)
    return p["a"] * z @ t.T + p["c"] * prompts.sentences @ routes.sentences.T + p["b"]


def gate(p: Parameters, prompts: Texts) -> Array:
    """Return how much the fast encoder's logit counts for each prompt, shape (prompts, 1)."""
    return jax.nn.sigmoid(prompts.sentences @ p["gate"] + p["gate_bias"])[:, None]


def _side(p: Parameters, side: str, x: Array, key: Array, drop: float) -> Array:
    hidden = jax.nn.gelu(x @ p[f"{side}_hidden"] + p[f"{side}_hidden_bias"], approximate=True)
    return _unit(x @ p[f"{side}_linear"] + p[f"{side}_bias"] + _dropped(hidden, key, drop) @ p[f"{side}_out"])


def _dropped(x: Array, key: Array, share: float) -> Array:
    if key is None or not share:
        return x
    return x * jax.random.bernoulli(key, 1 - share, x.shape) / (1 - share)


def _unit(x: Array) -> Array:
    return x / jnp.sqrt(jnp.maximum((x * x).sum(-1, keepdims=True), 1e-12))
