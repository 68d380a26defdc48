"""What pydantic finds wrong with a section, in plain words: in a configuration, and in what a request brings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from filters.errors import did_you_mean

_WORDS: Final[Mapping[str, str]] = {
    "bool_type": "must be true or false",
    "datetime_type": "must be a day or a time, as 2027-01-31 or 2027-01-31T12:00:00+00:00",
    "dataclass_exact_type": "must be a string",
    "dict_type": "must be a mapping of names to values",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "string_type": "must be a string; put it in quotes if it looks like something else",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "union_tag_not_found": "needs a type: cost or latency",
}
_SHAPES: Final = frozenset({"model_type", "model_attributes_type", "tuple_type"})
_FEW: Final = 2
"""Of the keys of a section, so many are named where none must be there."""
_CHOICES: Final = frozenset({"literal_error", "enum", "union_tag_invalid"})
_RANGES: Final = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})


def sentence(finding: ErrorDetails, section: type[BaseModel], *, quote: bool = True) -> str:
    """Say what would be right, where `finding` is about what was given for `section`.

    Only numbers out of range are repeated and, with `quote`, what is none of fixed choices; others may be secrets.
    """
    kind, place, context = finding["type"], finding["loc"], finding.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return f"unknown key{did_you_mean(str(place[-1]), _keys(place[:-1], section))}"
    if finding["input"] is None:
        return _without_value(place, section)
    if kind in _CHOICES:
        return _choice(finding, quote=quote)
    if kind in _SHAPES:
        return _shape(kind, tuple(_sections(place, section)))
    said = str(context["error"]) if kind == "value_error" else finding["msg"].replace("Input should", "must", 1)
    told = _WORDS.get(kind, said)
    return f"{told}, not {finding['input']}" if kind in _RANGES else told


def _without_value(place: tuple[str | int, ...], section: type[BaseModel]) -> str:
    if place and isinstance(place[-1], int):
        return "has no value"
    required = _is_required(place, section)
    return "has no value, and is required" if required else "has no value; leave the key out for its default"


def _shape(kind: str, sections: Sequence[type[BaseModel]]) -> str:
    """Say that a list is wanted, or a mapping and with which keys."""
    if kind == "tuple_type":
        return "must be a list, " + ("each entry after a `-`" if sections else "as [a, b]")
    fields = {name: field for one in sections for name, field in one.model_fields.items()}
    named = [name for name, field in fields.items() if field.is_required()]
    named = named or (list(fields) if len(fields) <= _FEW else [])
    pairs = ", ".join(f"{name}: ..." for name in named)
    return f"must be a mapping, as {{{pairs}}}" if pairs else "must be a mapping; {} takes the defaults"


def _choice(finding: ErrorDetails, *, quote: bool) -> str:
    context = finding["ctx"]
    known = re.findall(r"'([^']*)'", context.get("expected") or context["expected_tags"])
    given = str(context.get("tag", finding["input"]))
    if not quote:
        return f"must be one of {', '.join(known)}"
    return f"{given!r} is not one of {', '.join(known)}{did_you_mean(given, known)}"


def _keys(path: tuple[str | int, ...], top: type[BaseModel]) -> set[str]:
    """Return the keys that the section at a path may have."""
    return {key for section in _sections(path, top) for key in section.model_fields}


def _is_required(path: tuple[str | int, ...], top: type[BaseModel]) -> bool:
    """Whether the section that has the key at the end of a path must have it."""
    key = str(path[-1]) if path else ""
    fields = (section.model_fields.get(key) for section in _sections(path[:-1], top))
    return any(field is not None and field.is_required() for field in fields)


def _sections(path: tuple[str | int, ...], top: type[BaseModel]) -> set[type[BaseModel]]:
    """Return what may be the section at a path; steps that are no field (an index, a tag) lead nowhere."""
    sections: set[type[BaseModel]] = {top}
    for step in path:
        fields = [section.model_fields[str(step)] for section in sections if str(step) in section.model_fields]
        if fields:
            sections = {inner for field in fields for inner in sections_in(field.annotation)}
    return sections


def sections_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the sections that a field's type holds, itself or inside of a list, a mapping or a choice."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from sections_in(inner)
