"""What is likely to be a mistake in a set of routes, though it can be served.

The vectors are those that decide: two descriptions that the embedded classifier can hardly tell apart are alike here
too. The bounds were set on the training sets: of five hundred pairs of routes that people keep apart, one reaches them.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from filters.routing.classifier import Route
from filters.routing.embedded.classifier import BoundEmbedded
from filters.routing.embedded.encoder import Encoder, Floats, stack
from filters.routing.embedded.examples import background
from filters.routing.lint_names import name_findings
from filters.routing.lint_words import word_findings

ALIKE_DESCRIPTIONS: Final = 0.7
ALIKE_EXAMPLES: Final = 0.75
"""The cosine from which the descriptions, or the mean examples, of two routes are called alike."""
NEARER: Final = 0.1
"""How much more like another route's examples than like its own an example must be to be called nearer."""
NEARLY_ALL: Final = 0.5
"""The share of everyday prompts from which a threshold is called one that everything reaches."""
LEAST_WORDS: Final = 3
_DIGITS: Final = 4
MOST_OF_A_KIND: Final = 20
"""How many findings of one kind are told one by one."""


class Finding(NamedTuple):
    """Something to look at: the key path in the configuration, and a sentence. No prompt is in it."""

    path: tuple[str | int, ...]
    message: str


def lint(bound: BoundEmbedded, *, llm: bool) -> list[Finding]:
    """Return what looks like a mistake in the routes of `bound`; `llm` tells that an LLM is shown them too.

    Takes well under a second for 500 routes with ten examples each, given that they are bound.
    """
    if not bound.routes:
        return []
    view = _View(bound)
    kinds = (
        (_at(index, "name", message) for index, message in name_findings(bound.routes, llm=llm)),
        _short_descriptions(view),
        (_at(index, "description", message) for index, message in ([] if llm else word_findings(bound.routes))),
        _alike_descriptions(view),
        _alike_examples(view),
        _repeated_examples(view),
        _strayed_examples(view),
        _out_of_reach(view),
        _in_reach_of_all(view),
    )
    return list(chain.from_iterable(_limited(findings) for findings in kinds))


class _View:
    """The routes as the classifier sees them: unit vectors of descriptions (n, size) and of examples (m, size)."""

    def __init__(self, bound: BoundEmbedded) -> None:
        self.bound = bound
        self.routes = bound.routes
        self.names = [route.name for route in bound.routes]
        self.encoder: Encoder = bound.model
        described = (self.encoder.route(route.name, route.description) for route in bound.routes)
        self.descriptions = _unit(stack(self.encoder, described))
        self.examples = _unit(bound.examples.vectors)
        self.owners = bound.examples.owners
        self.repeats = _repeats(bound.routes)
        self.single = np.array([place not in self.repeats for place in self._places()], bool)
        single = self.owners[self.single]
        self.counts = np.bincount(single, minlength=len(self.routes))
        self.sums = np.zeros_like(self.descriptions)
        np.add.at(self.sums, single, self.examples[self.single])

    def _places(self) -> Iterator[tuple[int, int]]:
        for index, route in enumerate(self.routes):
            yield from ((index, number) for number in range(len(route.examples)))

    def index_in_route(self, example: int) -> int:
        """Return an example's index among those of its route."""
        return example - int(self.owners.searchsorted(self.owners[example]))

    def best_own_scores(self) -> npt.NDArray[np.float64]:
        """Return the best score that each route gives to its own description and examples."""
        own = np.arange(len(self.routes))
        texts = self.encoder.queries([route.description for route in self.routes])
        best = self.bound.probabilities(texts)[own, own].copy()
        if len(self.owners):
            scores = self.bound.probabilities(self.bound.examples.vectors)
            np.maximum.at(best, self.owners, scores[np.arange(len(scores)), self.owners])
        return best


def _at(index: int, key: str, message: str) -> Finding:
    return Finding(("routing_preferences", index, key), message)


def _limited(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the first of a kind, and how many more there are."""
    found = list(findings)
    yield from found[:MOST_OF_A_KIND]
    if (more := len(found) - MOST_OF_A_KIND) > 0:
        yield Finding(("routing_preferences",), f"and {more} more findings like the one before")


def _short_descriptions(view: _View) -> Iterator[Finding]:
    for index, route in enumerate(view.routes):
        if not route.examples and len(set(route.description.casefold().split())) < LEAST_WORDS:
            wanted = "a few words on the kind of prompt, or examples, would tell more"
            yield _at(index, "description", f"is too short to mean much; {wanted}")


def _alike_descriptions(view: _View) -> Iterator[Finding]:
    for one, other, likeness in _alike(view.descriptions, ALIKE_DESCRIPTIONS):
        yield _at(
            other,
            "description",
            f"{view.names[other]!r} and {view.names[one]!r} are described alike (similarity {likeness:.2f}); "
            "say what sets them apart",
        )


def _alike_examples(view: _View) -> Iterator[Finding]:
    several = np.flatnonzero(view.counts > 1)
    for one, other, likeness in _alike(_unit(view.sums[several]), ALIKE_EXAMPLES):
        first, second = view.names[several[one]], view.names[several[other]]
        message = f"the examples of {second!r} and {first!r} are alike (similarity {likeness:.2f})"
        yield _at(int(several[other]), "examples", message)


def _alike(vectors: Floats, bound: float) -> list[tuple[int, int, float]]:
    """Return the pairs of rows that are alike, most alike first."""
    similarities = np.triu(vectors @ vectors.T, 1)
    ones, others = np.nonzero(similarities >= bound)
    order = np.argsort(-similarities[ones, others], kind="stable")
    return [(int(ones[at]), int(others[at]), float(similarities[ones[at], others[at]])) for at in order]


def _repeats(routes: Sequence[Route]) -> dict[tuple[int, int], int]:
    """Return the places (route, example) of prompts that several routes have, each with the first of those routes."""
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for index, route in enumerate(routes):
        for number, example in enumerate(route.examples):
            places[" ".join(example.casefold().split())].append((index, number))
    return {place: same[0][0] for same in places.values() if len({index for index, _ in same}) > 1 for place in same}


def _repeated_examples(view: _View) -> Iterator[Finding]:
    for (index, number), first in sorted(view.repeats.items()):
        if index != first:
            message = f"the example at index {number} is one of {view.names[first]!r} too"
            yield Finding(("routing_preferences", index, "examples", number), message)


def _strayed_examples(view: _View) -> Iterator[Finding]:
    """Compare each example with the mean of its route's other examples, and with the means of other routes.

    The only example of a route is compared with descriptions. Examples that several routes have are left out.
    """
    if not len(view.owners):
        return
    rows = np.arange(len(view.owners))
    similarities = view.examples @ _unit(view.sums).T
    others = _unit(view.sums[view.owners] - view.examples)
    similarities[rows, view.owners] = np.einsum("ij,ij->i", view.examples, others)
    similarities[:, view.counts == 0] = -1
    only = view.counts[view.owners] == 1
    similarities[only] = view.examples[only] @ view.descriptions.T
    own = similarities[rows, view.owners].copy()
    nearest = similarities.argmax(axis=1)
    ahead = np.where(view.single, similarities[rows, nearest] - own, 0)
    for at in np.argsort(-ahead, kind="stable")[: np.count_nonzero(ahead > NEARER)]:
        owner, number = int(view.owners[at]), view.index_in_route(int(at))
        found = f"{view.names[nearest[at]]!r} (similarity {similarities[at, nearest[at]]:.2f})"
        message = f"the example at index {number} is nearer to {found} than to its own route ({own[at]:.2f})"
        yield Finding(("routing_preferences", owner, "examples", number), message)


def _out_of_reach(view: _View) -> Iterator[Finding]:
    best, thresholds = view.best_own_scores(), np.array(view.bound.thresholds)
    for index in map(int, np.flatnonzero(best < thresholds)):
        what = "description and examples reach" if view.routes[index].examples else "description reaches"
        most = math.floor(best[index] * 10**_DIGITS) / 10**_DIGITS
        message = f"{thresholds[index]:.4g} is out of reach: its own {what} {most:g} at most"
        yield _at(index, "threshold", message)


def _in_reach_of_all(view: _View) -> Iterator[Finding]:
    thresholds = np.array(view.bound.thresholds)
    shares = (view.bound.probabilities(background(view.encoder)) >= thresholds).mean(axis=0)
    for index in map(int, np.flatnonzero(shares >= NEARLY_ALL)):
        share = f"{shares[index]:.0%} of everyday prompts that belong to no route"
        yield _at(index, "threshold", f"{thresholds[index]:.4g} is reached by {share}")


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
