"""Typed reads of a client's JSON: a field of another type is a 400 that names it, and null is as good as absent."""

from typing import Any

from filters.context import Json
from filters.errors import DownstreamError


def wrong(param: str, right: str) -> DownstreamError:
    """Return the error for a field of the wrong shape; `right` says what it must be."""
    return DownstreamError(400, f"`{param}` {right}", param=param)


def refused(param: str, why: str) -> DownstreamError:
    """Return the error for a field that the chosen provider's format has no words for."""
    message = f"`{param}` cannot be carried to the provider that serves this request: {why}"
    return DownstreamError(400, message, param=param, code="unsupported_parameter")


def string(holder: Json, name: str, where: str = "") -> str | None:
    """Return a string field. `where` is the path of `holder` with its dot, for the error."""
    value = holder.get(name)
    if value is None or isinstance(value, str):
        return value
    raise wrong(where + name, "must be a string")


def required(holder: Json, name: str, where: str = "") -> str:
    """Return a string field that must be there and not be empty."""
    value = string(holder, name, where)
    if value:
        return value
    raise wrong(where + name, "is required: a string")


def boolean(holder: Json, name: str, where: str = "") -> bool | None:
    """Return a boolean field."""
    value = holder.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise wrong(where + name, "must be true or false")


def number(holder: Json, name: str, where: str = "") -> float | None:
    """Return a number field."""
    value = holder.get(name)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise wrong(where + name, "must be a number")


def integer(holder: Json, name: str, where: str = "") -> int | None:
    """Return an integer field."""
    value = holder.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise wrong(where + name, "must be an integer")


def obj(holder: Json, name: str, where: str = "") -> Json | None:
    """Return an object field."""
    value = holder.get(name)
    if value is None or isinstance(value, dict):
        return value
    raise wrong(where + name, "must be an object")


def objects(holder: Json, name: str, where: str = "") -> list[Json]:
    """Return a field that is a list of objects; absent is empty."""
    value: Any = holder.get(name)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise wrong(where + name, "must be a list of objects")
