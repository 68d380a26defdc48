"""Typed reads of a provider's JSON, for which nobody vouches."""

from typing import Any

from filters.context import Json


class MalformedError(ValueError):
    """A provider's answer is not of the shape that it must have. Never leaves this package: it becomes a `Failure`."""


def mapping(value: Any, what: str) -> Json:
    """Return an object."""
    if isinstance(value, dict):
        return value
    raise MalformedError(f"{what} that is no object")


def listed(value: Any, what: str) -> list[Any]:
    """Return a list; null is an empty one."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise MalformedError(f"{what} that is no list")


def integer(value: Any) -> int | None:
    """Return an integer, None for whatever is none: those of an answer are counts and places that can be missed."""
    return value if isinstance(value, int) else None


def text(value: Any) -> str:
    """Return a string; null is an empty one, and a number (some servers count their calls) is its digits."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise MalformedError("a value that should be text")
