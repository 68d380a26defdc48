"""What an encoder is: it makes vectors of prompts and of routes, whose inner products are logits.

There are two. `fast` reads a text by a static table of word pieces, in a few dozen microseconds; it knows English.
`accurate` adds a sentence encoder that knows sixteen languages, for a few milliseconds.
"""

import math
import re
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from filters.routing.classifier import Prompt

Floats: TypeAlias = npt.NDArray[np.float32]

_TINY: Final = 1e-12
_WORD: Final = re.compile(r"[^\W_]")
_AGENT: Final = r"(?:agent|assistant|bot|chatbot|expert|specialist)"
_AGENT_NAME: Final = re.compile(rf"(?<=\S) {_AGENT}$", re.IGNORECASE)
_AGENT_SAYS: Final = re.compile(
    rf"^\s*(?:(?:you are|this is|i am)\s+)?(?:(?:an?|the|this|our|your)\s+)?(?:[\w-]+ ){{0,4}}?{_AGENT}\s+"
    r"(?:(?:that|who|which)\s+(?:can\s+)?"
    r"(?:handles?|helps?(?: users)?(?: with)?|deals? with|answers?|speciali[sz]es? in)\s+"
    r"|speciali[sz](?:ing|ed) in\s+|for\s+)",
    re.IGNORECASE,
)


class Encoder(Hashable, Protocol):
    """Vectors whose inner products, plus `bias`, are logits: of a route for a prompt. Safe to share between threads."""

    name: str
    """What the encoder is called in the configuration and in explanations."""
    fingerprint: str
    """What tells its weights from others."""
    size: int
    """How many numbers a vector has."""
    learning: Floats
    """What a prompt's vector is multiplied with, number by number, where examples are learned."""
    likeness: slice
    """Where in a vector its raw part stands, whose products say how alike two texts are, of whatever they speak."""
    bias: float
    """What is added to each inner product."""

    def query(self, text: str) -> Floats:
        """Return the vector of a text that a user wrote, shape (size,)."""

    def queries(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of any number of texts as rows, shape (m, size)."""

    def route(self, name: str, description: str) -> Floats:
        """Return the vector of a route, shape (size,)."""

    def read(self, prompts: Sequence[Prompt]) -> list[Floats | None]:
        """Return the vector of each prompt, its last two turns together; None for what the encoder cannot read."""


def stack(encoder: Encoder, vectors: Iterable[Floats]) -> Floats:
    """Return the vectors as the rows of a matrix, which may have none."""
    return np.array(list(vectors), np.float32).reshape(-1, encoder.size)


def route_text(name: str, description: str) -> str:
    """Return a route as the encoders read it: the name in words, then the description.

    That the route is an agent, and that an agent "handles" or "specialises in" things, is left out: it says nothing of
    the prompts, and makes the routes of a set of agents alike.
    """
    words = _AGENT_NAME.sub("", name.replace("_", " ").replace("-", " ")) or name
    about = _AGENT_SAYS.sub("", description).strip()
    return f"{words}: {about}" if about else words


def has_words(text: str) -> bool:
    """Whether a text holds a letter or a digit."""
    return _WORD.search(text) is not None


def unit(vector: Floats, length: float = 1.0) -> Floats:
    """Scale one vector to a length, as `units` does many, in half of the time."""
    scale = np.float32(length / (math.sqrt(vector @ vector) + _TINY))
    return vector * scale


def units(vectors: Floats, length: float = 1.0) -> Floats:
    """Scale the vectors along the last axis to a length. A vector of zeros stays one."""
    lengths: Floats = np.sqrt(np.vecdot(vectors, vectors))
    lengths += _TINY
    return vectors * (length / lengths)[..., None]


def floats(array: npt.NDArray[Any]) -> Floats:
    """Return an array as float32, row after row."""
    return np.ascontiguousarray(array, np.float32)
