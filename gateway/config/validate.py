"""The document against the shape: pydantic's findings, at the author's lines and in the author's words."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from filters.catalog import CATALOG, entry_problem, read_entry
from filters.findings import sentence
from gateway.config.document import YamlMapping, locate, walk
from gateway.config.foreign import foreign_key
from gateway.config.model import Config
from gateway.config.report import Report

_NEW_KEY: Final = "`pointsman keys new` prints a key and its hash"
_PATTERNS: Final[Mapping[str, str]] = {
    "allowed_hosts": "must be the name of a host alone, without a scheme, a port or a path",
    "allowed_origins": "must be an origin, https://host or https://host:port without a path, or * for every one",
    "model": "must be provider/name, or provider/* for whatever that provider has",
    "name": "must be printable ASCII without spaces",
    "path": "must begin with /v1/ and hold letters, digits and . ~ - _ / alone, with one * at its end where wanted",
    "proxy": "must be the address of an HTTP proxy, http://host:port, or direct",
    "hash": f"must be sha256: and 64 hex digits; {_NEW_KEY}",
}
_REQUIRED: Final[Mapping[str, str]] = {"hash": f"; {_NEW_KEY}"}
"""Where to get what a required key wants."""
_EMPTY: Final[Mapping[str, str]] = {"api_keys": "; leave the key out where everybody may call"}
"""What to do where a list was meant to hold nothing."""
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
    kind, key = finding["type"], next((step for step in reversed(finding["loc"]) if isinstance(step, str)), "")
    of_a_tag = (finding["ctx"]["discriminator"].strip("'"),) if kind == "union_tag_invalid" else ()
    mark = locate(root, prefix + finding["loc"] + of_a_tag)
    told = sentence(finding, section)
    if kind == "extra_forbidden" and len(finding["loc"]) == 1:
        told = foreign_key(key) or told
    elif kind == "string_pattern_mismatch":
        told = _PATTERNS.get(key, "must be an HTTP header name: letters, digits and hyphens")
    elif kind == "too_short":
        told += _EMPTY.get(key, "")
    elif kind == "missing" or finding["input"] is None:
        told += _REQUIRED.get(key, "")
    report.error(mark[key] if kind == "missing" else mark, told)


def _take_out(findings: list[ErrorDetails], root: YamlMapping) -> None:
    """Remove the innermost key or list member that each finding leads to, later members of a list first."""
    ends = [steps[-1] for finding in findings if (steps := list(walk(root, finding["loc"])))]
    places = {(id(holder), key): holder for holder, key in ends}
    for (_, key), holder in sorted(places.items(), key=lambda place: str(place[0][1]).zfill(9), reverse=True):
        holder.take(key)
