"""From the bytes of a body to a JSON object, with its size limited before anything is made of it."""

from typing import Any, Final

from orjson import JSONDecodeError

from filters.context import Json
from filters.errors import DownstreamError
from filters.format_detection.limits import BodyLimits
from filters.format_detection.structure import growth_of, structure_of
from filters.formats.canonical.nesting import nests_deeper
from filters.large_json import parse_json
from filters.surrogates import without_halves
from filters.windows import count

_JSON_NAMES: Final = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
_SMALL: Final = 262_144
"""Bytes. A body of fewer is written again faster than its structure is read; one of more would cost memory."""

_MOST_GROWTH: Final = 3
"""How many times its bytes a text may take beyond them."""


def parse_object(body: bytes, limits: BodyLimits) -> tuple[Json, bytes]:
    """Parse a body that must be a JSON object, and return it with the bytes that it was parsed from.

    Those are the body's own, but for half an emoji here and there. Raises DownstreamError (400) that says what the body
    is instead, and (413) where it holds more values than `limits` let it.
    """
    if not body or body.isspace():
        raise DownstreamError(400, "The body is empty; it must be a JSON object.")
    containers = _refuse_excess(body, limits)
    parsed, parsed_from = _parse(body, limits)
    if not isinstance(parsed, dict):
        what = _JSON_NAMES.get(type(parsed), "a number")
        raise DownstreamError(400, f"The body is {what}; it must be a JSON object.")
    if limits.max_depth < containers and len(body) < _SMALL and nests_deeper(parsed, limits.max_depth):
        raise _too_deep(limits)
    return parsed, parsed_from


def _refuse_excess(body: bytes, limits: BodyLimits) -> int:
    """Return how many arrays and objects there are at most; raise DownstreamError where anything exceeds its limit.

    What is counted first includes what stands in strings, such as code and tables. Only where that is too much, or a
    large body may nest too deep, is it looked at what is what.
    """
    containers, commas = count(body, b"[") + count(body, b"{"), count(body, b",")
    few = containers <= limits.max_containers and containers + commas < limits.max_values
    if not few or (containers > limits.max_depth and len(body) >= _SMALL):
        containers = _refuse_structure(body, limits)
    if len(body) > limits.max_growth // _MOST_GROWTH and (growth := growth_of(body)) > limits.max_growth:
        raise DownstreamError(
            413,
            f"The body's text takes {growth} bytes more in memory than in the body, since a string with an emoji takes "
            f"four for each character; the most is {limits.max_growth}.",
        )
    return containers


def _refuse_structure(body: bytes, limits: BodyLimits) -> int:
    structure = structure_of(body)
    if structure.depth > limits.max_depth:
        raise _too_deep(limits)
    if structure.containers > limits.max_containers:
        raise _too_many(structure.containers, "objects and arrays", limits.max_containers)
    if structure.values > limits.max_values:
        raise _too_many(structure.values, "values", limits.max_values)
    return structure.containers


def _parse(body: bytes, limits: BodyLimits) -> tuple[Any, bytes]:
    try:
        return parse_json(body), body
    except JSONDecodeError as error:
        if "depth" in error.msg:
            raise _too_deep(limits) from None
        if "surrogate" in error.msg and (mended := without_halves(body)) is not None:
            return _parse(mended, limits)
        raise DownstreamError(400, f"The body is not JSON: {error}.") from None


def _too_deep(limits: BodyLimits) -> DownstreamError:
    return DownstreamError(
        400, f"The body nests objects and arrays more than {limits.max_depth} deep, which is the most."
    )


def _too_many(count: int, what: str, most: int) -> DownstreamError:
    return DownstreamError(413, f"The body holds {count} {what}; the most is {most}.")
