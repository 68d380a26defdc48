"""The routes as they were when a request was classified: what a later run compares the routes of its time with."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from filters.context import Assessment, Reading

_DIGEST_BYTES = 16


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

    def digest(self) -> str:
        """Return what tells this head from any other."""
        hashed = blake2b(repr((self.encoder, self.routes, self.thresholds)).encode(), digest_size=_DIGEST_BYTES)
        hashed.update(self.matrix.tobytes())
        hashed.update(self.bias.tobytes())
        return hashed.hexdigest()


class HeadIds:
    """Remembers which head of the process is which row, for as long as the process lives."""

    def __init__(self) -> None:
        self._known: list[tuple[object, Sequence[float], int]] = []

    def find(self, assessment: Assessment, reading: Reading) -> int | None:
        """Return the row of an assessment's head, None where it has none yet. Heads are compared by identity."""
        for matrix, thresholds, row in self._known:
            if matrix is reading.matrix and thresholds is assessment.thresholds:
                return row
        return None

    def remember(self, assessment: Assessment, reading: Reading, row: int) -> None:
        """Note the row of a head. Only the last few are kept: there is a new one with each reload."""
        self._known.insert(0, (reading.matrix, assessment.thresholds, row))
        del self._known[4:]
