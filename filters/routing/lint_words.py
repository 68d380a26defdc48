"""Descriptions that the embedded classifier reads poorly, told from their words, and what would be read better.

It knows what a text is about. How hard a prompt is, how good the answer must be and what does not belong to a route are
lost on it: "everything but code" is near to code.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from filters.routing.classifier import Route

_WORD: Final = re.compile(r"[^\W\d_]+")
_DEGREE_WORDS: Final = (
    "simple easy basic trivial plain quick fast short small cheap low hard difficult complex challenging advanced "
    "heavy high quality best better good smart strong powerful premium expensive important expert accurate precise"
)
_EMPTY_WORDS: Final = (
    "a an the and or of for to in on with that this these those are is be need needs needing require requires very "
    "more most less task tasks question questions prompt prompts query queries request requests problem problems "
    "answer answers thing things stuff work user users wants ask asks about any all everything anything model models "
    "llm llms use route"
)
_DEGREE: Final = frozenset(_DEGREE_WORDS.split())
_EMPTY: Final = frozenset(_EMPTY_WORDS.split())
_EXCLUDED: Final = re.compile(
    r"\b(?:but not|not|except|excluding|anything but|everything but|other than|unrelated to|non)\b", re.IGNORECASE
)
_DEGREE_ADVICE: Final = (
    "tells how hard the prompts are or how good the answer must be, which the embedded classifier hardly sees; name "
    "the kinds of prompts ('proofs, trade-offs, plans'), give examples, or let an LLM decide (classifier: cascade)"
)
_EXCLUDED_ADVICE: Final = (
    "says what does not belong here, which the embedded classifier reads almost as if it did; "
    "name what does belong, and leave the rest to the other routes"
)


def word_findings(routes: Sequence[Route]) -> Iterator[tuple[int, str]]:
    """Yield the index of each route whose description is read poorly and that has no examples, with a sentence."""
    for index, route in enumerate(routes):
        if route.examples:
            continue
        words = {word.casefold() for word in _WORD.findall(route.description)}
        if words & _DEGREE and not words - _DEGREE - _EMPTY:
            yield index, _DEGREE_ADVICE
        if _EXCLUDED.search(route.description):
            yield index, _EXCLUDED_ADVICE
