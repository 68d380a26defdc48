"""The sentence encoder's convolutions with fewer numbers, at half the cost.

Each convolution's matrix (window * 256, 256) becomes the product of two, through `RANKS` numbers. It begins as the best
product of that rank for the inputs that the layer really meets (singular values of the centred inputs' outputs), and
is then tuned, all layers together, until the sentence vectors are those of the whole encoder again. Seeded; some
minutes on two cores.

Weights are named as in the file: `n1_3`, `w1_3`, `b1_3` are the narrow and the wide matrix and the bias of the first
layer with a window of 3. In the whole encoder the wide one is the identity.
"""

import random
from collections.abc import Iterator
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from filters.routing.embedded.sentence import ROW, SentenceEncoder, unpack
from training import data
from training.network import Array, Parameters

RANKS: Final = (96, 48)
"""Of the first and the second layer of each stack."""
WINDOWS: Final = ((2, 0), (3, 1), (5, 2))
WIDTH: Final = 256
_LENGTHS: Final = (16, 32, 64)
_BATCH: Final = 768
"""How many pieces a batch has, with padding."""
_EPOCHS: Final = 3
_RATE: Final = 4e-4
_FITTED: Final = 800
"""How many texts the first factors are fitted to."""
_HELD_OUT: Final = 150
_ENGLISH: Final = 1800

Floats = npt.NDArray[np.float32]


def factors(inputs: Floats, matrix: Floats, rank: int) -> tuple[Floats, Floats, Floats]:
    """Return two factors of a matrix for inputs (n, k), and what to add to the bias."""
    mean = inputs.mean(axis=0)
    centred = inputs - mean
    covariance = centred.T @ centred / len(inputs)
    covariance += np.eye(len(covariance), dtype=np.float32) * 1e-4 * np.trace(covariance) / len(covariance)
    values, vectors = np.linalg.eigh(covariance)
    root = np.sqrt(np.maximum(values, 1e-10))
    left, sizes, right = np.linalg.svd((vectors * root) @ (vectors.T @ matrix), full_matrices=False)
    one = ((vectors / root) @ (vectors.T @ left[:, :rank]) * sizes[:rank]).astype(np.float32)
    two = right[:rank].astype(np.float32)
    return one, two, (mean @ (matrix - one @ two)).astype(np.float32)


def forward(tuned: Parameters, fixed: Parameters, embedded: Array, mask: Array) -> Array:
    """Return the sentence vectors of texts of embedded pieces, (texts, pieces, 512); `mask` is 0 for padding."""
    inner = _normalize(embedded @ fixed["in"] + fixed["in_bias"], fixed["in_gain"], fixed["in_shift"], fixed["epsilon"])
    parts = [embedded]
    for at, (size, before) in enumerate(WINDOWS):
        x = inner[..., at * WIDTH : (at + 1) * WIDTH] * mask[..., None]
        for layer in (1, 2):
            name = f"{layer}_{size}"
            hidden = windows(x, size, before) @ tuned[f"n{name}"] @ tuned[f"w{name}"]
            x = (jax.nn.relu(hidden + tuned[f"b{name}"]) + x) * mask[..., None]
        parts.append(x)
    features = _normalize(jnp.concatenate(parts, axis=-1), fixed["gain"], fixed["shift"], fixed["epsilon"])
    root = jnp.sqrt(mask.sum(axis=1))[:, None]
    sums = (features * mask[..., None]).sum(axis=1) @ fixed["out"] / root + fixed["out_bias"] * root
    first = jax.nn.relu(sums @ fixed["d0"])
    second = jax.nn.relu(sums @ fixed["p1"] + first @ fixed["d1"])
    vectors = jnp.tanh(second @ fixed["p3"] + jax.nn.relu(second @ fixed["d2"]) @ fixed["d3"])
    return vectors / jnp.sqrt(jnp.maximum((vectors * vectors).sum(axis=1, keepdims=True), 1e-12))


def windows(x: Array, size: int, before: int) -> Array:
    """Return each piece with its neighbours, side by side; beyond the ends are zeros."""
    padded = jnp.pad(x, ((0, 0), (before, size - before), (0, 0)))
    return jnp.concatenate([padded[:, at : at + x.shape[1]] for at in range(size)], axis=-1)


def _normalize(x: Array, gain: Array, shift: Array, epsilon: Array) -> Array:
    x = x - x.mean(axis=-1, keepdims=True)
    return x / jnp.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon) * gain + shift


class Sample:
    """Texts as pieces, with the vectors of the whole encoder as targets, in batches of texts of like length."""

    def __init__(self, whole: SentenceEncoder, table: npt.NDArray[np.uint8], texts: list[str]) -> None:
        self._table = table
        self.ids = [whole.pieces(text)[: _LENGTHS[-1]] for text in texts]
        sums = np.concatenate([whole.sums(self.ids[at : at + 16]) for at in range(0, len(texts), 16)])
        meanings = whole.meanings(sums)
        self.targets = meanings / np.linalg.norm(meanings, axis=1, keepdims=True)

    def batches(self, rng: random.Random) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Yield (embedded, mask, targets), all texts once in a drawn order."""
        drawn = []
        for shorter, length in zip((0, *_LENGTHS), _LENGTHS, strict=False):
            of_length = [at for at, ids in enumerate(self.ids) if shorter < len(ids) <= length]
            rng.shuffle(of_length)
            size = _BATCH // length
            drawn += [(length, of_length[at : at + size]) for at in range(0, len(of_length) - size + 1, size)]
        rng.shuffle(drawn)
        for length, texts in drawn:
            yield self._batch(length, texts)

    def _batch(self, length: int, texts: list[int]) -> tuple[Floats, Floats, Floats]:
        embedded = np.zeros((len(texts), length, ROW), np.float32)
        mask = np.zeros((len(texts), length), np.float32)
        for row, text in enumerate(texts):
            ids = self.ids[text]
            embedded[row, : len(ids)] = unpack(self._table[np.array(ids)])
            mask[row, : len(ids)] = 1
        return embedded, mask, self.targets[texts]


def start(fixed: Parameters, sample: Sample) -> Parameters:
    """Return the factors that each layer begins with."""
    parts = list(sample.batches(random.Random(0)))
    found: Parameters = {}
    inner = [
        np.asarray(
            _normalize(e @ fixed["in"] + fixed["in_bias"], fixed["in_gain"], fixed["in_shift"], fixed["epsilon"])
        )
        for e, _, _ in parts
    ]
    for at, (size, before) in enumerate(WINDOWS):
        x = [
            one[..., at * WIDTH : (at + 1) * WIDTH] * m[..., None] for one, (_, m, _) in zip(inner, parts, strict=True)
        ]
        for layer, rank in zip((1, 2), RANKS, strict=True):
            name = f"{layer}_{size}"
            seen = [np.asarray(windows(one, size, before)) for one in x]
            real = np.concatenate([one[m > 0] for one, (_, m, _) in zip(seen, parts, strict=True)])
            narrow, wide, added = factors(real, fixed[f"n{name}"], rank)
            bias = fixed[f"b{name}"] + added
            found |= {f"n{name}": narrow, f"w{name}": wide, f"b{name}": bias}
            x = [
                (np.maximum(big @ narrow @ wide + bias, 0) + one) * m[..., None]
                for big, one, (_, m, _) in zip(seen, x, parts, strict=True)
            ]
    return found


def tune(tuned: Parameters, fixed: Parameters, sample: Sample, seed: int) -> Parameters:
    """Return factors with which the vectors are more like the targets."""

    def loss(p: Parameters, embedded: Array, mask: Array, targets: Array) -> Array:
        return 1 - (forward(p, fixed, embedded, mask) * targets).sum(axis=1).mean()

    @jax.jit
    def step(p: Parameters, moments: Any, batch: Any, rate: float, count: int) -> Any:
        value, gradient = jax.value_and_grad(loss)(p, *batch)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], gradient)
        second = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g * g, moments[1], gradient)
        moved = jax.tree.map(
            lambda w, m, v: w - rate * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.99**count)) + 1e-8),
            p,
            first,
            second,
        )
        return moved, (first, second), value

    rng = random.Random(seed)
    zeros = jax.tree.map(jnp.zeros_like, tuned)
    moments: Any = (zeros, zeros)
    total = _EPOCHS * len(list(sample.batches(random.Random(seed))))
    count = 0
    for epoch in range(_EPOCHS):
        values = []
        for batch in sample.batches(rng):
            count += 1
            rate = _RATE * min(1.0, count / 20) * (1.02 + np.cos(np.pi * count / total)) / 2
            tuned, moments, value = step(tuned, moments, batch, rate, count)
            values.append(value)
        print(f"epoch {epoch + 1} of {_EPOCHS}: mean cosine {1 - float(np.mean(values)):.4f}", flush=True)
    return jax.tree.map(np.asarray, tuned)


def compressed(whole: SentenceEncoder, weights: Parameters, table: npt.NDArray[np.uint8], seed: int) -> Parameters:
    """Return the weights of the whole encoder with narrow convolutions, tuned on the training data's texts."""
    sets = data.read(data.DATA)
    foreign = _texts([one for one in sets if one.file == "f"], seed)
    english = _texts([one for one in sets if one.file != "f"], seed)
    texts = foreign[_HELD_OUT:] + english[_HELD_OUT:_ENGLISH]
    random.Random(seed + 1).shuffle(texts)
    narrow = start(weights, Sample(whole, table, texts[:_FITTED]))
    return weights | tune(narrow, weights, Sample(whole, table, texts), seed)


def _texts(sets: list[data.RouteSet], seed: int) -> list[str]:
    """Return the prompts and routes of sets in a drawn order, each once."""
    texts = [prompt.text for one in sets for prompt in one.prompts]
    texts += [f"{name}: {description}" for one in sets for name, description in one.routes]
    unique = list(dict.fromkeys(text[:400] for text in texts))
    random.Random(seed).shuffle(unique)
    return unique
