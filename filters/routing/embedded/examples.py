"""What examples add to the descriptions of routes.

A softmax head over the routes and "none" is trained on the examples against background prompts. The logits of the
descriptions are given to it, and it learns only what has to be added. The more examples there are, the less is given;
a route without any keeps what its description says. The result is one vector and one bias per route, relative to
"none": deciding costs the same with examples as without.
"""

import math
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from filters.routing.classifier import Route
from filters.routing.embedded.encoder import Encoder, Floats, stack
from filters.routing.embedded.softmax import Samples, fit

_PENALTY: Final = 0.1
_EQUALS_DESCRIPTION: Final = 2
"""How many examples of each route are worth as much as its description."""

_FEW: Final = 8
_MANY: Final = 16
"""From how many routes on their raw likeness to a prompt counts more."""
_STRANGERS: Final = 0.3
"""How alike (cosine) a prompt and a route are that have nothing to do with one another but are of one subject."""

_NONE_SHARE: Final = 0.5
"""What all background prompts together weigh of what the examples weigh, if no description claims any of them."""


class Examples(NamedTuple):
    """The examples of all routes, one after another: their vectors, and the index of the route of each."""

    vectors: Floats  # (m, size)
    owners: npt.NDArray[np.intp]  # (m,)

    @classmethod
    def of(cls, encoder: Encoder, routes: tuple[Route, ...]) -> Self:
        """Read the examples of routes."""
        vectors = encoder.queries([example for route in routes for example in route.examples])
        return cls(vectors, np.repeat(np.arange(len(routes)), [len(route.examples) for route in routes]))


class Head(NamedTuple):
    """What turns the vector of a prompt into the logits of n routes: `matrix @ query + bias`."""

    matrix: Floats  # (n, size)
    bias: npt.NDArray[np.float64]  # (n,)


def describe(encoder: Encoder, routes: tuple[Route, ...]) -> Head:
    """Return the head of the descriptions alone."""
    matrix = stack(encoder, (encoder.route(route.name, route.description) for route in routes))
    likeness = matrix[:, encoder.likeness]
    fineness = _fineness(len(routes))
    bias = encoder.bias - _crowding(len(routes)) - fineness * _STRANGERS * np.square(likeness).sum(axis=1)
    likeness *= 1 + fineness
    return Head(matrix, bias.astype(np.float64))


def _crowding(count: int) -> float:
    """Return what a logit loses by the number of routes: the best of many is high by chance.

    None up to the eight that the training sets have in the main; fitted on the development sets of 10 to 150 routes.
    """
    return math.log(max(count / _FEW, 1.0))


def _fineness(count: int) -> float:
    """Return how much more the raw likeness of prompt and route counts by the number of routes, 0 to 1.

    What was trained knows kinds of prompts; so many routes are finer things. Of 150 names the trained part by itself
    finds one in four, the raw likeness six in ten.
    """
    return 1 - _MANY / max(count, _MANY)


def learn(encoder: Encoder, described: Head, examples: Examples) -> Head:
    """Return the head that has learned from examples, of which there is at least one."""
    n = len(described.bias)
    counts = np.bincount(examples.owners, minlength=n)
    given = _given(counts)
    learned = fit(_samples(encoder, described, examples, given, counts), _PENALTY)
    added = (learned[:, :n] - learned[:, n:]).T
    matrix = given[:, None] * described.matrix + added[:, :-1] * encoder.learning
    return Head(matrix.astype(np.float32), given * described.bias + added[:, -1])


def _given(counts: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Return the share of each description's logit that is kept.

    Its own examples tell what a route is, those of the others what it is not. So where most routes have none, the
    descriptions keep their say even for the one that has many.
    """
    share: npt.NDArray[np.float64] = 1 / (1 + np.minimum(counts, counts.mean()) / _EQUALS_DESCRIPTION)
    return share


def _samples(
    encoder: Encoder,
    described: Head,
    examples: Examples,
    given: npt.NDArray[np.float64],
    counts: npt.NDArray[np.intp],
) -> Samples:
    m, n = len(examples.owners), len(described.bias)
    prompts = np.vstack([examples.vectors, background(encoder)])
    logits = prompts @ described.matrix.T + described.bias.astype(np.float32)
    unclaimed = 1 / (1 + np.exp(logits[m:].max(axis=1)))
    return Samples(
        features=np.hstack([prompts * encoder.learning, np.ones((len(prompts), 1), np.float32)]),
        given=np.hstack([given.astype(np.float32) * logits, np.zeros((len(prompts), 1), np.float32)]),
        labels=np.append(examples.owners, np.full(len(unclaimed), n)),
        weights=np.append(np.ones(m), unclaimed * (_NONE_SHARE * m / len(unclaimed))).astype(np.float32),
        trained=np.append(counts > 0, [True]),
    )


@cache
def background(encoder: Encoder) -> Floats:
    """Return the vectors of the background prompts, read at the first call."""
    page = files(__package__).joinpath("BACKGROUND.md").read_text(encoding="utf-8")
    return encoder.queries([line[2:] for line in page.splitlines() if line.startswith("- ")])
