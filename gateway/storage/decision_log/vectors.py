"""The vectors of prompts in eight bits, and back.

An error of half a step in each of some 500 numbers moves a logit by about 0.05. A replay needs them only for routes
that have changed: for the others it goes by the scores, which are kept as they were.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_STEPS: Final = 127

Floats = npt.NDArray[np.float32]


def pack(vectors: Sequence[npt.NDArray[Any]]) -> list[tuple[float, bytes]]:
    """Return each vector in eight bits: signed bytes, and the scale that each of them is times."""
    if len({vector.size for vector in vectors}) > 1:
        return [packed for vector in vectors for packed in pack([vector])]
    rows = np.array(vectors, np.float32)
    scales = np.abs(rows).max(axis=1, initial=0.0) / np.float32(_STEPS)
    scales[scales == 0] = 1
    steps = np.rint(rows / scales[:, None]).astype(np.int8)
    return list(zip(scales.tolist(), map(bytes, steps), strict=True))


def unpack(scales: Sequence[float], data: Sequence[bytes]) -> Floats:
    """Return vectors as the rows of a matrix. All must have the same length."""
    vectors: Floats = np.frombuffer(b"".join(data), np.int8).reshape(len(data), -1).astype(np.float32)
    vectors *= np.array(scales, np.float32)[:, None]
    return vectors
