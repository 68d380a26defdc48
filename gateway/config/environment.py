"""`$NAME`, `${NAME}`, `${NAME:-default}` and `file:/path`, wherever the type of a value allows it, and nowhere else.

An unset variable leaves a credential without a value, so that decisions work without keys; it is an error in an
address, a port and a model's name. An empty variable counts as unset: docker-compose hands them on so. `$$` is a dollar
sign. No value of a variable or of a file ever enters an error from here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from filters.catalog import CATALOG
from filters.credential import Credential
from gateway.config.document import YamlList, YamlMapping
from gateway.config.foreign import foreign_form
from gateway.config.model import Config
from gateway.config.places import Place, places
from gateway.config.report import Report

_REFERENCE: Final = re.compile(r"\$(?:(\$)|\{([A-Za-z_]\w*)(?::-([^{}]*))?\}|([A-Za-z_]\w*))", re.ASCII)
_MALFORMED: Final = "holds a $ that begins no $NAME, ${NAME} or ${NAME:-default}; a dollar sign itself is $$"
FILE: Final = "file:"
"""How a value begins that names the file it is in."""
_LONGEST: Final = 65_536
"""Of a file that holds a value, in bytes: keys and tokens are far shorter."""
_CREDENTIAL_HEADER: Final = re.compile(r"auth|cookie|key|secret|token", re.IGNORECASE)
_UNSET: Final = "unset"
"""Stands for what is not there in a name that cannot be had, so that the rest can still be checked."""
_BETTER: Final = "$NAME or file:/path keeps it out"


@dataclass(slots=True)
class _Value:
    """What a text stands for. `literal` tells that nothing of it came from elsewhere."""

    text: str
    unset: str | None = None
    problem: str | None = None
    literal: bool = False
    origins: dict[str, str] = field(default_factory=dict)
    """What it was put together from, and where each part came from."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where references lead: the environment, and the folder of config.yaml."""

    environ: Mapping[str, str]
    folder: Path

    def read(self, text: str) -> _Value:
        """Return what a text stands for."""
        if text.startswith(FILE):
            return self._file(text.removeprefix(FILE).removeprefix("//"))
        value = _Value("", literal=True)
        if "$" in _REFERENCE.sub("", text):
            value.problem = _MALFORMED
        value.text = _REFERENCE.sub(lambda match: self._variable(match, value), text)
        return value

    def _variable(self, match: re.Match[str], value: _Value) -> str:
        if match[1]:
            return "$"
        name = match[2] or match[4]
        found = self.environ.get(name, "").strip()
        value.origins[found] = f"${name}"
        value.literal = value.literal and not found and bool(match[3])
        if not found and match[3] is None:
            value.unset = value.unset or name
        return found or match[3] or _UNSET

    def _file(self, path: str) -> _Value:
        try:
            with (self.folder / path).open("rb") as file:
                content = file.read(_LONGEST + 1)
            text = content.decode("utf-8-sig").strip()
        except OSError as error:
            return _Value("", problem=f"the file {path} cannot be read: {error.strerror}")
        except UnicodeDecodeError:
            return _Value("", problem=f"the file {path} is not UTF-8")
        if len(content) > _LONGEST or not text:
            return _Value("", problem=f"the file {path} is {'too long for a value' if text else 'empty'}")
        return _Value(text, origins={text: f"{FILE}{path}"})


def expand(root: YamlMapping, surroundings: Surroundings, report: Report) -> None:
    """Replace every reference in place. What is wrong is reported, and a stand-in takes its place."""
    for place in _everywhere(root):
        value = _read(place, surroundings)
        for part, origin in value.origins.items():
            report.hide(part, origin)
        if value.problem:
            report.error(place.mark, value.problem)
            place.holder[place.key] = _stand_in(place)
        elif place.reference.kind in {"secret", "header"}:
            _put_credential(place, value, report)
        else:
            _put_plain(place, value, report)


def _everywhere(root: YamlMapping) -> Iterator[Place]:
    """Give the places of all sections, those of filters that bring their options with their name among them."""
    yield from places(Config, root)
    entries = root.get("filters")
    for entry in entries if isinstance(entries, YamlList) else ():
        for name, options in entry.items() if isinstance(entry, YamlMapping) else ():
            if name in CATALOG:
                yield from places(CATALOG[name].section, options)


def _read(place: Place, surroundings: Surroundings) -> _Value:
    kind = place.reference.kind
    if foreign := foreign_form(place.text, kind):
        return _Value("", problem=foreign)
    value = surroundings.read(place.text)
    if not value.problem and not value.literal and (foreign := foreign_form(value.text, kind)):
        value.problem = f"what it refers to {foreign}"
    return value


def _stand_in(place: Place) -> object:
    if place.reference.kind in {"secret", "header"}:
        return Credential(SecretStr("unset"))
    return place.reference.stand_in if place.reference.stand_in is not None else place.text


def _put_credential(place: Place, value: _Value, report: Report) -> None:
    if value.unset:
        place.holder[place.key] = Credential(None, value.unset)
    elif value.text.isprintable() and value.text:
        place.holder[place.key] = Credential(SecretStr(value.text))
        if value.literal and (place.reference.kind == "secret" or _CREDENTIAL_HEADER.search(str(place.key))):
            report.warn(place.mark, f"a key stands in the file, for all who read it; {_BETTER}")
    else:
        report.error(place.mark, "is empty, or holds a line break or another control character")
        place.holder[place.key] = _stand_in(place)


def _put_plain(place: Place, value: _Value, report: Report) -> None:
    """Put an address, a port or a model's name."""
    if value.unset:
        report.error(place.mark, f"the environment variable {value.unset} is not set")
        named = place.reference.kind == "model" and "/" in value.text
        place.holder[place.key] = value.text if named else _stand_in(place)
        return
    if value.literal and place.reference.kind == "address" and _has_password(value.text):
        report.warn(place.mark, f"a password stands in the file, for all who read it; {_BETTER}")
    number = place.reference.kind == "port" and value.text.isascii() and value.text.isdecimal()
    place.holder[place.key] = int(value.text) if number else value.text


def _has_password(text: str) -> bool:
    try:
        return bool(urlsplit(text).password)
    except ValueError:
        return False
