"""Reads of parsed JSON that every format shares.

`optional`, `schema_at`, `required`, `filled`, `number`, `objects` and `objects_at` are for what a caller sent: a field
of another type is a 400 that names it by its path, and null is as good as absent. `text_of`, `object_of`, `objects_of`
and `count_of` are for what a provider sent, where nobody can be told: a field of another type reads as nothing.
"""

from typing import Any, Final, NoReturn, TypeVar

from filters.context import Json
from filters.errors import DownstreamError

LARGEST: Final = 2**53 - 1
"""The largest whole number that every reader of JSON keeps as it is; sums of a few of them can be written, too."""
_T = TypeVar("_T")
_NAMES: Final = {str: "a string", int: "an integer", bool: "true or false", dict: "an object", list: "a list"}


def refuse(param: str, rest: str) -> NoReturn:
    """Raise DownstreamError (400) about the field `param`; `rest` says what would be right, without the value."""
    raise DownstreamError(400, f"`{param}` {rest}", param=param)


def cannot_carry(param: str, why: str) -> NoReturn:
    """Raise DownstreamError (400) about a field that the chosen provider's format has no words for."""
    message = f"`{param}` cannot be carried to the provider that serves this request: {why}"
    raise DownstreamError(400, message, param=param, code="unsupported_parameter")


def optional(body: Json, field: str, kind: type[_T], where: str = "") -> _T | None:
    """Return a field of exactly this type; None where it is null or left out. `where` stands before its name."""
    value = body.get(field)
    if value is None:
        return None
    if type(value) is not kind:
        refuse(where + field, f"must be {_NAMES[kind]}")
    return value


def schema_at(body: Json, field: str, where: str = "") -> Json | None:
    """Return the schema of a tool, None where it is null or left out; PHP writes an empty object as a list."""
    return {} if body.get(field) == [] else optional(body, field, dict, where)


def required(body: Json, field: str, kind: type[_T], where: str = "") -> _T:
    """Return a field of exactly this type, which must be there."""
    value = optional(body, field, kind, where)
    if value is None:
        refuse(where + field, f"is required: {_NAMES[kind]}")
    return value


def filled(body: Json, field: str, where: str = "") -> str:
    """Return a string that must be there and not be empty: a name, an id, an address."""
    value = optional(body, field, str, where)
    if not value:
        refuse(where + field, "is required: a string")
    return value


def number(body: Json, field: str, where: str = "") -> float | None:
    """Return a number as it was written, whole or not."""
    value = body.get(field)
    if value is not None and type(value) not in {int, float}:
        refuse(where + field, "must be a number")
    return value


def objects(values: list[Any], where: str) -> list[Json]:
    """Return a list of objects; `where` is the path of the list."""
    for index, value in enumerate(values):
        if type(value) is not dict:
            refuse(f"{where}[{index}]", "must be an object")
    return values


def objects_at(body: Json, field: str, where: str = "") -> list[Json]:
    """Return a field that is a list of objects; empty where it is null or left out."""
    return objects(optional(body, field, list, where) or [], where + field)


def text_of(body: Json, field: str) -> str:
    """Return a string, empty where there is none."""
    value = body.get(field)
    return value if isinstance(value, str) else ""


def object_of(body: Json, field: str) -> Json:
    """Return an object, empty where there is none."""
    value = body.get(field)
    return value if isinstance(value, dict) else {}


def objects_of(body: Json, field: str) -> list[Json]:
    """Return the objects of a list, none where there is no list."""
    value = body.get(field)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def count_of(body: Json, field: str) -> int | None:
    """Return a whole number from 0 to `LARGEST`, None where there is none. Some servers write it as 3.0."""
    value = body.get(field)
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= LARGEST else None
