"""How much the turn before counts: nearly all where the last one only assents, little where it says something new.

"yes", "go on" and "now shorter" mean nothing by themselves, and a new question after an old one means only itself. A
logistic function of the last turn's raw vector and length tells the two apart; it was trained on conversations.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt


class Follow(NamedTuple):
    """The weights of the logistic function."""

    direction: npt.NDArray[np.float32]
    length: float
    bias: float

    @classmethod
    def of(cls, weights: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Take the weights from an encoder's file."""
        direction = np.ascontiguousarray(weights["follow"], np.float32)
        return cls(direction, float(weights["follow_length"]), float(weights["follow_bias"]))

    def share(self, raw: npt.NDArray[np.float32], text: str) -> float:
        """Return the share of the turn before, 0 to 1, for a last turn with a raw vector of length 1."""
        sum_ = float(raw @ self.direction) + self.length * math.log1p(len(text)) + self.bias
        return 1 / (1 + math.exp(-max(min(sum_, 30.0), -30.0)))
