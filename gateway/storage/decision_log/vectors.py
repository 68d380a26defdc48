"""The vectors of prompts in eight bits, and back.

An error of half a step in each of some 500 numbers moves a logit by about 0.05. A replay needs them only for routes
that have changed: for the others it goes by the scores, which are kept as they were.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

_STEPS: Final = 127

Floats = npt.NDArray[np.float32]


class Packed(NamedTuple):
    """A vector: `data` holds signed bytes, each times `scale`; `weight` is what the bias of routes is times."""

    weight: float
    scale: float
    data: bytes


def pack(vector: npt.NDArray[Any], weight: float) -> Packed:
    """Return a vector in eight bits."""
    scale = float(np.abs(vector).max(initial=0.0)) / _STEPS or 1.0
    return Packed(weight, scale, np.rint(vector / scale).astype(np.int8).tobytes())


def unpack(scales: Sequence[float], data: Sequence[bytes]) -> Floats:
    """Return vectors as the rows of a matrix. All must have the same length."""
    vectors: Floats = np.frombuffer(b"".join(data), np.int8).reshape(len(data), -1).astype(np.float32)
    vectors *= np.array(scales, np.float32)[:, None]
    return vectors
