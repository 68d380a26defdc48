"""Names of routes that a model, or a person who reads a log, would take for one another."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from filters.routing.classifier import Route
from filters.routing.llm.prompts import NOTHING_FITS

_NO_ROUTE: Final = frozenset({NOTHING_FITS, "none", "null"})
_GAPS: Final = re.compile(r"[\W_]+")


def name_findings(routes: Sequence[Route], *, llm: bool) -> Iterator[tuple[int, str]]:
    """Yield the index of each route whose name is doubtful, and why.

    That one name begins another is told only where an LLM answers with names.
    """
    first: dict[str, int] = {}
    for index, route in enumerate(routes):
        plain = _plain(route.name)
        if plain in _NO_ROUTE:
            yield index, f"{route.name!r} is how it is said that no route fits; a classifier could mean either"
        elif plain in first:
            other = routes[first[plain]].name
            yield index, f"{route.name!r} and {other!r} differ only in case, spaces or punctuation"
        first.setdefault(plain, index)
    if llm:
        yield from _begun(routes, first)


def _begun(routes: Sequence[Route], first: dict[str, int]) -> Iterator[tuple[int, str]]:
    """Yield the names that another begins with: an LLM whose answer is cut short, or short of words, mixes them up.

    In sorted order, what begins a name stands before it, and all between them begin with it too.
    """
    open_names: list[str] = []
    for plain in sorted(first):
        while open_names and not plain.startswith(open_names[-1]):
            open_names.pop()
        if open_names and open_names[-1]:
            short, long = routes[first[open_names[-1]]].name, routes[first[plain]].name
            yield first[plain], f"{long!r} begins with another route's name, {short!r}; an LLM may answer with either"
        open_names.append(plain)


def _plain(name: str) -> str:
    return _GAPS.sub("_", name.casefold()).strip("_")
