"""Replacing texts in a parsed body, without a copy of what does not change.

A visitor is called with the role and the text of each piece and returns the text that is to stand in its place.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import orjson

from filters.context import Json

Visitor = Callable[[str, str], str]
_T = TypeVar("_T")


def with_field(holder: _T, name: str, change: Callable[[Any], Any]) -> _T:
    """Return an object with one field changed, where it is there; what was given where nothing changes."""
    value = holder.get(name) if isinstance(holder, dict) else None
    if value is None:
        return holder
    changed = change(value)
    return holder if changed is value else cast("_T", {**cast("Json", holder), name: changed})


def each(values: Any, change: Callable[[Any], Any]) -> Any:
    """Return a list with each entry changed; what was given where none changes, or where it is no list."""
    if not isinstance(values, list):
        return values
    changed = [change(value) for value in values]
    return values if all(new is old for new, old in zip(changed, values, strict=True)) else changed


def text_of_role(role: str, visit: Visitor) -> Callable[[Any], Any]:
    """Return what changes a text and leaves all else as it is."""

    def change(value: Any) -> Any:
        if not isinstance(value, str) or not value:
            return value
        said = visit(role, value)
        return value if said == value else said

    return change


def leaves(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what changes each string value inside of any JSON; keys stay."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            for name in value:
                value = with_field(value, name, walk)
            return value
        return each(value, walk) if isinstance(value, list) else change(value)

    return walk


def json_text(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what changes the string values of JSON that stands as text, such as the arguments of a call."""

    def rewrite(value: Any) -> Any:
        try:
            parsed = orjson.loads(value)
        except (orjson.JSONDecodeError, TypeError):
            return change(value)
        changed = leaves(change)(parsed)
        return value if changed is parsed else orjson.dumps(changed).decode()

    return rewrite
