"""The files that a configuration is read from: config.yaml, and those that it names and that are read with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from filters.errors import ConfigError
from gateway.config.document import YamlList, YamlMapping, members, read_document
from gateway.config.environment import FILE
from gateway.config.report import Report

_ROUTES: Final = "routing_preferences"


def document(config: Path) -> YamlMapping:
    """Return config.yaml as it is written. Raises ConfigError where it cannot be read at all."""
    try:
        return read_document(config.read_text(encoding="utf-8-sig"), Report(str(config)))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{config}: cannot be read: {reason}") from None


def example_files(config: Path) -> dict[str, Path | None]:
    """Return the file of each route's examples, None where they are in config.yaml, or there are none.

    Raises ConfigError where the configuration cannot be read.
    """
    return dict(_examples(document(config), config.parent))


def read_files(config: Path) -> frozenset[Path]:
    """Return config.yaml, the files of examples, and those of values (`file:/path`), whether they are there or not.

    Raises ConfigError where the configuration cannot be read.
    """
    root = document(config)
    examples = (file for _, file in _examples(root, config.parent) if file is not None)
    return frozenset((config, *examples, *_values(root, config.parent)))


def _examples(root: YamlMapping, folder: Path) -> Iterator[tuple[str, Path | None]]:
    routes = root.get(_ROUTES)
    for route in routes if isinstance(routes, YamlList) else []:
        if isinstance(route, YamlMapping) and isinstance(route.get("name"), str):
            examples = route.get("examples")
            yield route["name"], folder / examples if isinstance(examples, str) else None


def _values(node: Any, folder: Path) -> Iterator[Path]:
    """Yield the files that hold values: a description that begins so names one that nobody changes."""
    for key in members(node):
        value = node[key]
        if isinstance(value, str) and value.startswith(FILE):
            yield folder / value.removeprefix(FILE).removeprefix("//")
        yield from _values(value, folder)
