"""The document against the shape: pydantic's findings, at the author's lines and in the author's words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from filters.catalog import CATALOG, entry_problem, read_entry
from filters.errors import did_you_mean
from gateway.config.document import YamlMapping, locate, walk
from gateway.config.foreign import foreign_key
from gateway.config.model import Config
from gateway.config.report import Report

_WORDS: Final[Mapping[str, str]] = {
    "bool_type": "must be true or false",
    "dataclass_exact_type": "must be a string",
    "dict_type": "must be a mapping of names to values",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "string_type": "must be a string; put it in quotes if it looks like something else",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "tuple_type": "must be a list",
    "union_tag_not_found": "needs a type: cost or latency",
}
_NEW_KEY: Final = "`pointsman keys new` prints a key and its hash"
_PATTERNS: Final[Mapping[str, str]] = {
    "model": "must be provider/name, or provider/* for whatever that provider has",
    "name": "must be printable ASCII without spaces",
    "path": "must begin with /v1/ and hold letters, digits and . ~ - _ / alone, with one * at its end where wanted",
    "proxy": "must be the address of an HTTP proxy, http://host:port, or direct",
    "hash": f"must be sha256: and 64 hex digits; {_NEW_KEY}",
}
_REQUIRED: Final[Mapping[str, str]] = {"hash": f"; {_NEW_KEY}"}
"""Where to get what a required key wants."""
_ROUNDS: Final = 4
"""A wrong key leaves its section incomplete, that its list, and that may leave nothing."""


def validate(root: YamlMapping, report: Report) -> Config | None:
    """Return the configuration, with every finding in `report`.

    What is wrong is taken out of the document and the rest is tried again, so that the checks between sections can be
    made too; None where nothing is left to check.
    """
    try:
        return Config.model_validate(root)
    except ValidationError as error:
        findings = error.errors(include_url=False)
    for finding in findings:
        if finding["type"] != "too_short" or not finding["input"]:  # a list whose members are wrong counts as empty
            _tell(finding, root, report)
    return _remainder(root, findings)


def validate_filters(config: Config, root: YamlMapping, report: Report) -> None:
    """Report what is wrong with the options that stand in the list of filters, by each filter's own section."""
    for index, entry in enumerate(config.filters):
        if entry_problem(entry) is not None:
            continue
        name, options = read_entry(entry)
        section = CATALOG[name].section
        try:
            section.model_validate(options if CATALOG[name].at is None else {})
        except ValidationError as error:
            for finding in error.errors(include_url=False):
                _tell(finding, root, report, ("filters", index, name), section)


def _remainder(root: YamlMapping, findings: list[ErrorDetails]) -> Config | None:
    for _ in range(_ROUNDS):
        _take_out(findings, root)
        try:
            return Config.model_validate(root)
        except ValidationError as error:
            findings = error.errors(include_url=False)
    return None


def _tell(
    finding: ErrorDetails,
    root: YamlMapping,
    report: Report,
    prefix: tuple[str | int, ...] = (),
    section: type[BaseModel] = Config,
) -> None:
    mark = locate(root, prefix + finding["loc"])
    last = str(finding["loc"][-1]) if finding["loc"] else ""
    if finding["type"] == "missing":
        report.error(mark[last], f"is missing{_REQUIRED.get(last, '')}")
    elif finding["type"] == "extra_forbidden":
        foreign = foreign_key(last) if len(finding["loc"]) == 1 else None
        report.error(mark, foreign or f"unknown key{did_you_mean(last, _keys(finding['loc'][:-1], section))}")
    elif finding["input"] is None and _is_required(finding["loc"], section):
        report.error(mark, f"has no value, and is required{_REQUIRED.get(last, '')}")
    else:
        report.error(mark, _sentence(finding, last))


def _sentence(finding: ErrorDetails, key: str) -> str:
    """Say what would be right. Only values of fixed choices are repeated; others may be secrets."""
    kind, context = finding["type"], finding.get("ctx", {})
    if finding["input"] is None:
        return "has no value; leave the key out for its default"
    if kind in {"literal_error", "enum", "union_tag_invalid"}:
        known = re.findall(r"'([^']*)'", context.get("expected") or context["expected_tags"])
        given = str(context.get("tag", finding["input"]))
        return f"{given!r} is not one of {', '.join(known)}{did_you_mean(given, known)}"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(key, "must be an HTTP header name: letters, digits and hyphens")
    if kind == "value_error":
        return str(context["error"])
    return _WORDS.get(kind) or finding["msg"].replace("Input should", "must", 1)


def _take_out(findings: list[ErrorDetails], root: YamlMapping) -> None:
    """Remove the innermost key or list member that each finding leads to, later members of a list first."""
    ends = [steps[-1] for finding in findings if (steps := list(walk(root, finding["loc"])))]
    places = {(id(holder), key): holder for holder, key in ends}
    for (_, key), holder in sorted(places.items(), key=lambda place: str(place[0][1]).zfill(9), reverse=True):
        holder.take(key)


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
