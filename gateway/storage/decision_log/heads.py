"""The routes as they were when a request was classified: what a later run compares the routes of its time with."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

from filters.context import Assessment, Reading
from gateway.storage.decision_log.entries import Head

_DIGEST_BYTES: Final = 16
KEPT: Final = 4
"""Heads whose numbers are remembered."""


@dataclass(frozen=True, slots=True)
class LoggedHead:
    """Routes, each with its threshold and what turns the vector of a prompt into its logit.

    `logit = matrix @ vector + weight * bias`. `encoder` names what made the vectors.
    """

    encoder: str
    routes: tuple[str, ...]
    thresholds: tuple[float, ...]
    matrix: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float64]

    @classmethod
    def of(cls, assessment: Assessment, reading: Reading) -> "LoggedHead":
        """Return the head that an assessment was made with."""
        return cls(
            reading.encoder,
            tuple(assessment.routes),
            tuple(float(each) for each in assessment.thresholds),
            np.asarray(reading.matrix, np.float32),
            np.asarray(reading.bias, np.float64),
        )

    def stored(self) -> Head:
        """Return what is kept of it."""
        return Head(
            self.digest(), self.encoder, self.routes, self.thresholds, self.matrix.tobytes(), self.bias.tobytes()
        )

    def digest(self) -> str:
        """Return what tells this head from any other."""
        hashed = blake2b(repr((self.encoder, self.routes, self.thresholds)).encode(), digest_size=_DIGEST_BYTES)
        hashed.update(self.matrix.tobytes())
        hashed.update(self.bias.tobytes())
        return hashed.hexdigest()


class HeadNumbers:
    """Numbers the heads of this process, and remembers the last few: there is a new one with each reload."""

    def __init__(self) -> None:
        self._known: list[tuple[object, Sequence[float], int]] = []
        self._next = 0

    def find(self, assessment: Assessment, reading: Reading) -> int | None:
        """Return the number of an assessment's head, None where it has none yet. Heads are compared by identity."""
        for matrix, thresholds, number in self._known:
            if matrix is reading.matrix and thresholds is assessment.thresholds:
                return number
        return None

    def add(self, assessment: Assessment, reading: Reading) -> int:
        """Give a head its number."""
        number = self._next
        self._next += 1
        self._known.insert(0, (reading.matrix, assessment.thresholds, number))
        del self._known[KEPT:]
        return number

    def forget(self) -> None:
        """Give the heads that are known new numbers when they come again."""
        self._known.clear()
