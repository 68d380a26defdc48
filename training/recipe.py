"""What is trained, in which order, with which numbers. They were chosen on held-out and development sets."""

import random
from typing import Any, Final, NamedTuple

import jax
import numpy as np
import numpy.typing as npt

from training import calibrate
from training.batches import Batches, Taste, texts_of
from training.calibrate import Pairs, Scale
from training.corpus import Corpus, Indexed
from training.figures import Scored
from training.fit import Plan, accurate_loss, fast_loss, train
from training.network import Parameters, accurate_start, fast_logits, fast_start, gate, sentence_logits

HIDDEN: Final = 256
FAST: Final = Plan(epochs=25, rate=3e-4, drop=0.3)
ACCURATE: Final = Plan(epochs=22)
THRESHOLD: Final = 0.35
"""The default threshold of the product, `filters.routing.embedded.classifier.DEFAULT_THRESHOLD`."""

_ASSENTS_OF_A_SET: Final = 6
_TURNS_OF_A_SET: Final = 10
_MOST_ROUTES: Final = 16


class Heads(NamedTuple):
    """The trained heads of both encoders."""

    fast: Parameters
    accurate: Parameters

    def logits(self, corpus: Corpus, encoder: str, prompts: list[int], routes: list[int]) -> npt.NDArray[np.float32]:
        """Return the logits of numbered texts for numbered routes, shape (prompts, routes)."""
        one, other = texts_of(corpus, prompts), texts_of(corpus, routes)
        fast = fast_logits(self.fast, one, other)
        if encoder == "fast":
            return np.asarray(fast)
        alone = sentence_logits(self.accurate, one, other)
        return np.asarray(alone + gate(self.accurate, one) * fast)


def fit(corpus: Corpus, sets: list[Indexed], shipped: Any, seed: int) -> Heads:
    """Train the heads of the fast encoder from those that ship, and then the accurate ones beside them."""
    with jax.numpy_dtype_promotion("standard"):
        batches = Batches(corpus, sets, Taste(english_only=True), seed)
        fast = train(fast_start(shipped, HIDDEN), lambda *of: fast_loss(FAST, *of), batches, FAST, seed, anchored=True)
        start = accurate_start(jax.random.PRNGKey(seed), HIDDEN)
        batches = Batches(corpus, sets, Taste(), seed + 1)
        loss = lambda *of: accurate_loss(ACCURATE, fast, *of)  # noqa: E731
        return Heads(fast, train(start, loss, batches, ACCURATE, seed, anchored=False))


def scored(heads: Heads, corpus: Corpus, encoder: str, one: Indexed) -> Scored:
    """Return the logits of a set's prompts; those of a second turn are left out."""
    alone = [at for at, prompt in enumerate(one.source.prompts) if not prompt.previous]
    prompts = [one.prompts[at][0] for at in alone]
    logits = heads.logits(corpus, encoder, prompts, [variants[0] for variants in one.routes]) if prompts else []
    right = np.array([one.source.prompts[at].route for at in alone])
    return Scored(np.asarray(logits, np.float64).reshape(len(alone), len(one.routes)), right)


def scaled(heads: Parameters, scale: Scale) -> Parameters:
    """Return heads whose logits are scaled; the share of the fast encoder's is in `scale`."""
    outer = {name: heads[name] * np.float32(scale.slope) for name in ("a", "c")}
    return heads | outer | {"b": np.float32(heads["b"] * scale.slope + scale.shift), "scale": np.float32(scale.slope)}


def turns(heads: Heads, corpus: Corpus, encoder: str, sets: list[Indexed], scale: Scale, seed: int) -> Pairs:
    """Return pairs of turns: those that were written as such, assents after a prompt, and prompts after one another."""
    rng = random.Random(seed)
    drawn = [(one, *turn) for one in sets for turn in _turns(one, corpus, rng)]
    columns: list[list[Any]] = [[], [], [], [], []]
    for one in sets:
        own = [(last, before, right, weight) for other, last, before, right, weight in drawn if other is one]
        if not own:
            continue
        last, before, right, weight = map(list, zip(*own, strict=True))
        routes = [variants[0] for variants in one.routes][:_MOST_ROUTES]
        wide = [np.full((len(own), _MOST_ROUTES), -1e4, np.float32) for _ in range(2)]
        for target, texts in zip(wide, (last, before), strict=True):
            target[:, : len(routes)] = heads.logits(corpus, encoder, texts, routes) * scale.slope + scale.shift
        for column, values in zip(columns, (last, *wide, right, weight), strict=True):
            column.append(np.asarray(values))
    last, one_turn, other_turn, right, weight = (np.concatenate(column) for column in columns)
    raw = _raw_views(heads.fast, corpus, last) if encoder == "fast" else corpus.sentences[last]
    known = one_turn > -1e3
    return Pairs(raw, corpus.length[last], one_turn, other_turn, known, right, weight.astype(np.float32))


def _turns(one: Indexed, corpus: Corpus, rng: random.Random) -> list[tuple[int, int, int, float]]:
    """Yield (last, before, right, weight)."""
    prompts = one.source.prompts
    right = [prompt.route if prompt.route < _MOST_ROUTES else -1 for prompt in prompts]
    found = [(one.prompts[at][0], one.previous[at], right[at], 5.0) for at, p in enumerate(prompts) if p.previous]
    alone = [at for at, prompt in enumerate(prompts) if not prompt.previous]
    if len(alone) > 1:
        for _ in range(_ASSENTS_OF_A_SET):
            before = rng.choice(alone)
            found.append((rng.choice(corpus.assents), one.prompts[before][0], right[before], 1.0))
        for _ in range(_TURNS_OF_A_SET):
            last, before = rng.sample(alone, 2)
            found.append((one.prompts[last][0], one.prompts[before][0], right[last], 1.0))
    return found


def _raw_views(fast: Parameters, corpus: Corpus, texts: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    views = corpus.views[texts].reshape(len(texts), 4, -1)
    raw = (views * np.asarray(fast["vw"])[:, None]).sum(axis=1)
    return raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-12)


def calibrated(heads: Heads, corpus: Corpus, encoder: str, groups: list[list[Indexed]]) -> tuple[Scale, float]:
    """Return the scale of an encoder, and the score from which on its matches need no second look."""
    found = [[scored(heads, corpus, encoder, one) for one in group if _alone(one)] for group in groups]
    other = [scored(heads, corpus, "accurate", one) for group in groups for one in group if _alone(one)]
    scale = calibrate.scale(found)
    logit = calibrate.sure([one for group in found for one in group], other) * scale.slope + scale.shift
    return scale, float(1 / (1 + np.exp(-logit)))


def _alone(one: Indexed) -> bool:
    return any(not prompt.previous for prompt in one.source.prompts)
