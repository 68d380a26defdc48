"""What a route is, what a classifier sees, and what it says.

A classifier is made in two steps, since the first is dear and the second must not be: `bind` takes the routes once, at
load (or when a request brings its own), and `classify` takes one prompt after another.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from filters.context import Reading
from filters.formats.format import Turn

Prefer = Literal["none", "cheapest", "fastest"]


@dataclass(frozen=True, slots=True)
class Route:
    """A kind of prompt that an operator described, and the models that should serve it.

    `models` are `provider/model` names in configured order; `threshold` is the least probability (0 to 1) at which the
    route matches, None for the default; `examples` are prompts that belong to it.
    """

    name: str
    description: str
    models: tuple[str, ...]
    examples: tuple[str, ...] = ()
    threshold: float | None = None
    prefer: Prefer = "none"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a classifier sees of a request.

    `text` is the last user turn, `previous` the user turn before it (empty where there is none). `history` gives the
    whole conversation oldest first, user and assistant turns that have text, and is called only by who needs it.
    """

    text: str
    previous: str = ""
    history: Callable[[], Sequence[Turn]] = field(default=tuple, compare=False)


class Skipped(NamedTuple):
    """A stage that did not decide, and why: `("llm", "timeout after 2000 ms")`."""

    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a classifier decided.

    `route` is None where nothing fits. `decided_by` is `embedded`, `llm` or `none`. `scores` are probabilities and
    `thresholds` what each had to reach, both in the order of the bound routes, empty where the classifier gives none.
    `others` are further route names that an LLM gave after the first. `elapsed_us` is in microseconds by stage.
    `reading` is the prompt as the embedded classifier saw it, None where it did not look.
    """

    route: Route | None
    decided_by: str
    scores: Sequence[float] = ()
    thresholds: Sequence[float] = ()
    skipped: tuple[Skipped, ...] = ()
    others: tuple[str, ...] = ()
    elapsed_us: Mapping[str, int] = field(default_factory=dict)
    reading: Reading | None = field(default=None, repr=False, compare=False)


class NearestExample(NamedTuple):
    """Which example of which route a prompt is most like, both counted from 0, and how alike they are (-1 to 1)."""

    route: int
    example: int
    similarity: float


class BoundClassifier(Protocol):
    """A classifier that knows its routes."""

    @property
    def routes(self) -> Sequence[Route]:
        """The routes, in configuration order."""

    async def classify(self, prompt: Prompt) -> Verdict:
        """Decide. Never raises because of the prompt, and never blocks the event loop for longer than about 1 ms."""


@runtime_checkable
class ComparesExamples(Protocol):
    """A bound classifier that knows its routes' examples."""

    def nearest_example(self, prompt: Prompt) -> NearestExample | None:
        """Return the example most like the last turn, None where no route has any."""


def nearest_example(bound: BoundClassifier, prompt: Prompt) -> NearestExample | None:
    """Return the example most like the last turn, None where the classifier knows none, or the turn is blank."""
    if isinstance(bound, ComparesExamples) and prompt.text.strip():
        return bound.nearest_example(prompt)
    return None


class Classifier(Protocol):
    """A way of deciding that does not know its routes yet."""

    def bind(self, routes: Sequence[Route]) -> BoundClassifier:
        """Learn the routes. May take milliseconds for each; callers on the event loop use a thread."""
