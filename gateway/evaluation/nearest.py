"""What a wrongly decided prompt looks like to the classifier: an example, or a concept that it was trained on.

A wrong decision tells little by itself. That a prompt about a cat's name looks like the example "name this function",
or like the concept "brainstorming names", tells the operator which example or description to write.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import resources
from typing import Final, NamedTuple

from filters.routing import embedded
from filters.routing.classifier import BoundClassifier, Prompt, Route, nearest_example
from filters.routing.embedded.auto import BoundAuto
from filters.routing.embedded.classifier import BoundEmbedded

_PAGE: Final = "CONCEPTS.md"
_MARK: Final = "- "

Bind = Callable[[Sequence[Route]], BoundEmbedded | BoundAuto]


class Likeness(NamedTuple):
    """What a prompt is most like. `route` is the route of an example, None for a concept; `text` says which."""

    route: str | None
    text: str


def concepts() -> tuple[Route, ...]:
    """Return the kinds of prompts that the classifier knows best from its training, as routes."""
    page = resources.files(embedded).joinpath(_PAGE).read_text(encoding="utf-8")
    found = (line.removeprefix(_MARK).partition(": ") for line in page.splitlines() if line.startswith(_MARK))
    return tuple(Route(name, description, ()) for name, _, description in found)


class Nearest:
    """Names the nearest example of the routes or, where they have none, the nearest concept.

    `bind` is that of the embedded classifier: the concepts are learned at the first call, in about half a second.
    """

    def __init__(self, bound: BoundClassifier, bind: Bind) -> None:
        self._bound = bound
        self._bind = bind

    def __call__(self, prompt: Prompt) -> Likeness | None:
        """Return what a prompt is most like, None for one that says nothing."""
        if (found := nearest_example(self._bound, prompt)) is not None:
            route = self._bound.routes[found.route]
            return Likeness(route.name, route.examples[found.example])
        scores = self._concepts.decide(prompt).scores
        best = max(range(len(scores)), key=scores.__getitem__)
        if not scores[best]:
            return None
        concept = self._concepts.routes[best]
        return Likeness(None, f"{concept.name}: {concept.description}" if concept.description else concept.name)

    @cached_property
    def _concepts(self) -> BoundEmbedded:
        return self._bind(concepts()).deciding
