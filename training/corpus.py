"""All texts of the route sets, with their noised variants, and what the encoders make of them.

Texts are read by the code that serves: the request within a text, the fast encoder's tokens, the sentence encoder.
"""

import hashlib
import random
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from filters.routing.embedded.encoder import Floats, route_text
from filters.routing.embedded.request import Names, request_of
from filters.routing.embedded.sentence import ROW, SentenceEncoder
from filters.routing.embedded.tokenizer import latin_share
from training.data import RouteSet
from training.noise import junk, noised, variants
from training.table import Table
from training.templates import ASSENTS

NOISED: Final = 4
"""How many noised variants a prompt has."""
JUNK: Final = 600
_BATCH_CHARACTERS: Final = 4000


class Indexed(NamedTuple):
    """A route set by the numbers of its texts: the variants of each route, of each prompt, and of the turns before."""

    source: RouteSet
    routes: list[list[int]]
    prompts: list[list[int]]
    previous: list[int]


class Corpus:
    """Numbered texts: `sentences` (n, 1024), `views` (n, 1024) of the fast table, `latin` (n,) 0 to 1."""

    def __init__(self, sets: list[RouteSet]) -> None:
        self.texts: dict[str, int] = {}
        self.sets = [self._index(one) for one in sets]
        rng = random.Random(1)
        self.junk = [self._number(junk(rng)) for _ in range(JUNK)]
        self.assents = [self._number(text) for text in ASSENTS]
        self.latin = np.array([latin_share(text) for text in self.texts], np.float32)
        self.length = np.array([np.log1p(len(text)) for text in self.texts], np.float32)

    def encode(self, sentences: SentenceEncoder, table: Table, cache: Path) -> None:
        """Read all texts. What was read in an earlier run by the same encoder is taken from the cache."""
        self.views = np.stack([table.views(text) for text in self.texts])
        self.sentences: Floats = sentences.vectors(self._sums(sentences, cache))

    def _sums(self, sentences: SentenceEncoder, cache: Path) -> Floats:
        keys = np.array([_key(text) for text in self.texts], np.uint64)
        known, sums = _load(cache, sentences.fingerprint)
        new = [at for at, key in enumerate(keys) if int(key) not in known]
        if new:
            texts = list(self.texts)
            sums = np.concatenate([sums, _read(sentences, [texts[at] for at in new])])
            known |= {int(keys[at]): len(known) + place for place, at in enumerate(new)}
            cache.parent.mkdir(parents=True, exist_ok=True)
            np.savez(cache, encoder=sentences.fingerprint, keys=np.array(list(known), np.uint64), sums=sums)
        return sums[[known[int(key)] for key in keys]]

    def _index(self, one: RouteSet) -> Indexed:
        names = [name for name, _ in one.routes]
        strip = Names(names)
        routes = []
        for name, description in one.routes:
            rng = random.Random(f"{name} {description}")
            routes.append([self._number(route_text(*other)) for other in variants(name, description, rng)])
        prompts = []
        for prompt in one.prompts:
            rng = random.Random(prompt.text)
            route = names[prompt.route] if prompt.route >= 0 else None
            texts = [prompt.text, *(noised(prompt.text, route, names, rng) for _ in range(NOISED))]
            prompts.append([self._number(strip.without(request_of(text))) for text in texts])
        previous = [self._number(strip.without(request_of(prompt.previous))) for prompt in one.prompts]
        return Indexed(one, routes, prompts, previous)

    def _number(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


def _key(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")


def _load(cache: Path, encoder: str) -> tuple[dict[int, int], Floats]:
    """Return the places of cached texts by their keys, and their sums; nothing of another encoder's."""
    if cache.exists():
        with np.load(cache, allow_pickle=False) as npz:
            if "encoder" in npz and str(npz["encoder"]) == encoder:
                return {int(key): place for place, key in enumerate(npz["keys"])}, npz["sums"]
    return {}, np.empty((0, ROW), np.float32)


def _read(encoder: SentenceEncoder, texts: list[str]) -> Floats:
    """Return the sums of texts, read in batches of texts of like length."""
    sums = np.empty((len(texts), ROW), np.float32)
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    while order:
        count = max(1, min(64, _BATCH_CHARACTERS // (len(texts[order[0]]) + 20)))
        batch, order = order[:count], order[count:]
        sums[batch] = encoder.sums([encoder.pieces(texts[at]) for at in batch])
    return sums
