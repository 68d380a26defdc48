"""The static table that the fast encoder reads texts by, and the four views of a text."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from filters.routing.embedded.encoder import Floats
from filters.routing.embedded.tokenizer import Tokenizer


class Table:
    """Rows of word pieces, from the arrays `vocab`, `E` and `s` of the fast encoder's file."""

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        self._tokens = Tokenizer(weights["vocab"].tobytes().decode().split("\n"))
        self._rows = weights["E"].astype(np.float32) * weights["s"].astype(np.float32)[:, None]

    def views(self, text: str) -> Floats:
        """Return the means of the first 16 rows, the first 64, all and the last 24, each of length 1, one by one."""
        rows = self._rows[self._tokens(text)]
        means = np.stack([part.mean(axis=0) for part in (rows[:16], rows[:64], rows, rows[-24:])])
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        return (means / np.maximum(lengths, 1e-12)).ravel().astype(np.float32)
