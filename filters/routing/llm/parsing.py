"""Reading what a model answered: generous in form, strict in substance.

Models answer with prose around the JSON, in code fences, with single quotes, with a bare name or a list, in another
case. All of it is read. Whatever is read can only ever be a configured route, or that none fits.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from filters.routing.classifier import Route

_LONGEST: Final = 2048
"""Characters of an answer that are read, from its end: a decision is short, and stands last."""

_NONE: Final = frozenset({"", "other", "none", "null", "nil", "n/a", "no route", "none of them", "none of these"})
_EMPTY: Final = frozenset({"", '""', "''", "[]", "{}"})
_QUOTED: Final = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
_KEYED: Final = re.compile(
    rf"""(?:routes?|name)["']?\s*[:=]\s*({_QUOTED}|\[(?:{_QUOTED}|[^\]"'])*\]|[^\s"'\[\]{{}},][^"'\[\]{{}},\n]*)""",
    re.IGNORECASE,
)
_ITEM: Final = re.compile(rf"""{_QUOTED}|[^\s"'\[\],][^"'\[\],]*""")
_MARKED: Final = re.compile(r"""(?<!\w)(["'`*]{1,3})([^"'`*\n]+)\1(?!\w)""")
_GAPS: Final = re.compile(r"[\s_-]+")
_WRAPPING: Final = " \t\r\n\"'`*.,:;!?()[]{}<>#-_"


class AnswerReader:
    """Reads answers about one set of routes."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._exact = {route.name: route for route in routes}
        loose = [_loose(route.name) for route in routes]
        unlike = {name for name, count in Counter(loose).items() if name and count == 1}
        self._loose = {name: route for name, route in zip(loose, routes, strict=True) if name in unlike}

    def read(self, answer: str) -> tuple[Route, ...] | None:
        """Return the routes that the answer names, best first: none where it says that none fits.

        None means that the answer cannot be read, or names only routes that do not exist.
        """
        text = answer.rpartition("</think>")[2].strip()
        if text in _EMPTY:
            return ()
        if text.startswith("<think>"):
            return None
        text = text[-_LONGEST:]
        for claims in (_keyed(text), self._bare(text), _marked(text)):
            if (routes := self._resolve(claims)) is not None:
                return routes
        return None

    def _resolve(self, claims: Iterable[str]) -> tuple[Route, ...] | None:
        """Keep the claims that mean something. The first decides: where it is `other`, nothing fits."""
        found: list[Route] = []
        for claim in claims:
            route = self._route(claim)
            if route is None and _is_none(claim) and not found:
                return ()
            if route is not None and route not in found:
                found.append(route)
        return tuple(found) or None

    def _route(self, claim: str) -> Route | None:
        return self._exact.get(claim) or self._loose.get(_loose(claim))

    def _bare(self, text: str) -> Iterator[str]:
        """Give names that stand by themselves: a line counts only if it holds nothing else."""
        for line in text.splitlines():
            names = [name for part in line.split(",") if (name := part.strip(_WRAPPING))]
            if not line.startswith("```") and all(self._route(name) or _is_none(name) for name in names):
                yield from names


def _keyed(text: str) -> Iterator[str]:
    """Give the values of `route`, in JSON or something like it: `{'route': 'a'}`, `route: a`, `"routes": ["a"]`."""
    for match in _KEYED.finditer(text):
        value = match[1]
        if value.startswith("["):
            yield from _items(value[1:-1])
        else:
            yield _unquote(value)


def _items(listed: str) -> Iterator[str]:
    if not listed.strip():
        yield ""
    for match in _ITEM.finditer(listed):
        yield _unquote(match[0])


def _marked(text: str) -> Iterator[str]:
    """Give the words that prose sets off: "a", `a`, **a**."""
    for match in _MARKED.finditer(text):
        if match[2].strip():
            yield match[2]


def _unquote(value: str) -> str:
    value = value.strip()
    if value.startswith('"'):
        try:
            return str(json.loads(value, strict=False))
        except ValueError:
            return value[1:-1]
    return value[1:-1] if value.startswith("'") else value


def _is_none(claim: str) -> bool:
    return _GAPS.sub(" ", claim.strip(_WRAPPING)).casefold() in _NONE


def _loose(name: str) -> str:
    """Return a name without regard to case, to spaces for underscores, and to what may be wrapped around it."""
    return _GAPS.sub("_", name.strip(_WRAPPING)).casefold()
