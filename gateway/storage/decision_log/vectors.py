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


def unpack(packed: Sequence[Packed]) -> Floats:
    """Return vectors as the rows of a matrix. All must have the same length."""
    steps = np.frombuffer(b"".join(each.data for each in packed), np.int8).reshape(len(packed), -1)
    scales = np.fromiter((each.scale for each in packed), np.float32, len(packed))
    return steps.astype(np.float32) * scales[:, None]
