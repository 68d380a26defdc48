"""How much the turn before counts: nearly all where the last one only assents, little where it says something new.

"yes", "go on" and "now shorter" mean nothing by themselves, and a new question after an old one means only itself. A
logistic function of the last turn's raw vector and length tells the two apart; it was trained on conversations.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from filters.routing.classifier import Prompt
from filters.routing.embedded.encoder import Floats, has_words


class Follow(NamedTuple):
    """The weights of the logistic function."""

    direction: Floats
    length: float
    bias: float

    @classmethod
    def of(cls, weights: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Take the weights from an encoder's file."""
        direction = np.ascontiguousarray(weights["follow"], np.float32)
        return cls(direction, float(weights["follow_length"]), float(weights["follow_bias"]))

    def read(
        self,
        prompts: Sequence[Prompt],
        readable: Callable[[str], bool],
        vectors: Callable[[Sequence[str]], Floats],
        raw: Callable[[Floats], Floats],
    ) -> list[Floats | None]:
        """Return the vector of each prompt, its last two turns together; None for what cannot be read.

        `readable` tells which texts can be, `vectors` returns those of some, at least one, as rows, and `raw` the raw
        part of one, of length 1.
        """
        texts = [text for prompt in prompts for text in (prompt.text, prompt.previous)]
        places = [at for at, text in enumerate(texts) if readable(text)]
        found = dict(zip(places, vectors([texts[at] for at in places]), strict=True)) if places else {}

        def joined(text: str, last: Floats | None, before: Floats | None) -> Floats | None:
            if before is None:
                return last
            if last is None:
                return None if has_words(text) else before
            share = self.share(raw(last), text)
            return (1 - share) * last + share * before

        return [joined(each.text, found.get(2 * at), found.get(2 * at + 1)) for at, each in enumerate(prompts)]

    def share(self, raw: Floats, text: str) -> float:
        """Return the share of the turn before, 0 to 1, for a last turn with a raw vector of length 1."""
        sum_ = float(raw @ self.direction) + self.length * math.log1p(len(text)) + self.bias
        return 1 / (1 + math.exp(-max(min(sum_, 30.0), -30.0)))
