"""What is trained, in which order, with which numbers. They were chosen on held-out and development sets."""

import random
from typing import Any, Final, NamedTuple

import jax
import numpy as np
import numpy.typing as npt

from training import calibrate
from training.batches import FOREIGN, Batch, Batches, Taste, texts_of
from training.calibrate import Pairs, Scale, Seen
from training.corpus import Corpus, Indexed
from training.figures import Scored
from training.fit import Plan, accurate_loss, fast_loss, student_loss, train
from training.network import Parameters, Texts, accurate_start, fast_logits, fast_start, gate, sentence_logits

HIDDEN: Final = 256
FAST: Final = Plan(epochs=25, rate=3e-4, drop=0.3)
STUDENT: Final = Plan(epochs=25, drop=0.2)
ACCURATE: Final = Plan(epochs=22)
THRESHOLD: Final = 0.35
"""The default threshold of the product, `filters.routing.embedded.classifier.DEFAULT_THRESHOLD`."""

ENGLISH: Final = 0.8
"""How likely a text has to be English for the fast encoder to have the last word."""

_ASSENTS_OF_A_SET: Final = 6
_TURNS_OF_A_SET: Final = 10
_MOST_ROUTES: Final = 16


class Heads(NamedTuple):
    """The trained heads of both encoders."""

    fast: Parameters
    accurate: Parameters

    def logits(self, corpus: Corpus, encoder: str, prompts: list[int], routes: list[int]) -> npt.NDArray[np.float32]:
        """Return the logits of numbered texts for numbered routes, shape (prompts, routes)."""
        one, other = texts_of(corpus, _padded(prompts, 64)), texts_of(corpus, _padded(routes, 16))
        found = _fast_logits(self.fast, one, other) if encoder == "fast" else _joint_logits(self, one, other)
        return np.asarray(found)[: len(prompts), : len(routes)]


def joint_logits(heads: Heads, prompts: Texts, routes: Texts) -> Any:
    """Return the logits of the accurate encoder, which has the fast one beside it."""
    alone = sentence_logits(heads.accurate, prompts, routes)
    return alone + gate(heads.accurate, prompts) * fast_logits(heads.fast, prompts, routes)


_fast_logits, _joint_logits = jax.jit(fast_logits), jax.jit(joint_logits)


def _padded(texts: list[int], multiple: int) -> list[int]:
    """Return numbers of texts, made up to a multiple of them: code is compiled for each shape."""
    return [*texts, *[0] * (-len(texts) % multiple)]


def fit(corpus: Corpus, sets: list[Indexed], shipped: Any, seed: int) -> Heads:
    """Train both encoders' heads: fast ones, accurate ones beside them; fast ones that learn from both; and again."""
    with jax.numpy_dtype_promotion("standard"):
        english = Batches(corpus, sets, Taste(english_only=True), seed)
        start = fast_start(shipped, HIDDEN)
        alone = train(start, lambda *of: fast_loss(FAST, *of), english, FAST, seed, anchored=True)
        teacher = _beside(alone, corpus, sets, seed)

        def taught(batch: Batch) -> Any:
            return jax.lax.stop_gradient(joint_logits(teacher, batch.prompts, batch.routes))

        loss = lambda *of: student_loss(STUDENT, taught, *of)  # noqa: E731
        fast = train(start, loss, Batches(corpus, sets, Taste(english_only=True), seed), STUDENT, seed, anchored=True)
        return _beside(fast, corpus, sets, seed + 1)


def _beside(fast: Parameters, corpus: Corpus, sets: list[Indexed], seed: int) -> Heads:
    """Train accurate heads beside fast ones."""
    batches = Batches(corpus, sets, Taste(), seed + 1)
    loss = lambda *of: accurate_loss(ACCURATE, fast, *of)  # noqa: E731
    start = accurate_start(jax.random.PRNGKey(seed), HIDDEN)
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


def turns(heads: Heads, corpus: Corpus, encoder: str, sets: list[Indexed], scale: Scale) -> Pairs:
    """Return pairs of turns: those that were written as such, assents after a prompt, and prompts after one another."""
    rng = random.Random(0)
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


def calibrated(heads: Heads, corpus: Corpus, encoder: str, groups: list[list[Indexed]]) -> Scale:
    """Return the scale of an encoder."""
    return calibrate.scale([[scored(heads, corpus, encoder, one) for one in group if _alone(one)] for group in groups])


def sure(
    heads: Heads, corpus: Corpus, scales: dict[str, Scale], groups: list[list[Indexed]], sets: list[Indexed]
) -> dict[str, Any]:
    """Return what tells that the fast encoder's decision needs no second look. The language is learned from `sets`."""
    texts, foreign = zip(*((text[0], one.source.file in FOREIGN) for one in sets for text in one.prompts), strict=True)
    reads = calibrate.logistic(_raw_views(heads.fast, corpus, np.array(texts)), ~np.array(foreign))
    english = {
        "english": reads[:-1].astype(np.float32),
        "english_bias": np.float32(reads[-1] - calibrate.logit(ENGLISH)),
    }
    found = [seen(heads, corpus, scales, group, english) for group in groups]
    return english | {
        f"sure_{kind}": calibrate.bar(found, matched=matched) for kind, matched in (("match", True), ("none", False))
    }


def seen(heads: Heads, corpus: Corpus, scales: dict[str, Scale], sets: list[Indexed], english: dict[str, Any]) -> Seen:
    """Return what both encoders decide about the prompts of sets."""
    parts = []
    for one in filter(_alone, sets):
        found = {encoder: scored(heads, corpus, encoder, one) for encoder in scales}
        logits = {name: of.logits * scales[name].slope + scales[name].shift for name, of in found.items()}
        texts = [text[0] for text, prompt in zip(one.prompts, one.source.prompts, strict=True) if not prompt.previous]
        read = _raw_views(heads.fast, corpus, np.array(texts)) @ english["english"] + english["english_bias"] >= 0
        threshold = calibrate.logit(THRESHOLD)
        parts.append(Seen.of(logits["fast"], logits["accurate"], found["fast"].right, read, threshold))
    return Seen(*map(np.concatenate, zip(*parts, strict=True)))


def _alone(one: Indexed) -> bool:
    return any(not prompt.previous for prompt in one.source.prompts)
