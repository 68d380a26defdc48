"""Labels: prompts that become examples of a route, in the JSONL file that its `examples` names.

A label is a line of its own: `{"prompt": ..., "labelled": <seconds since the epoch>, "decision": <its id, if any>}`.
Files are replaced as a whole, so that a reload at any moment reads the one before or the one after; who labels at the
same time waits. The gateway sees that the file has changed and reads it again.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from filters.errors import ConfigError, did_you_mean
from gateway.config.files import example_files
from gateway.evaluation.put import put

_LABELLED: Final = "labelled"


@dataclass(frozen=True, slots=True)
class Label:
    """A line that was labelled: of which route, in which file, what, and of which decision, if any."""

    route: str
    file: Path
    prompt: str
    decision: str | None
    at: float


def add_label(config: Path, route: str, prompt: str, decision: str | None = None) -> Label:
    """Make a prompt an example of a route. Raises ConfigError where the route has no file of its own for them."""
    files = example_files(config)
    if route not in files:
        raise ConfigError(f"the configuration has no route {route!r}{did_you_mean(route, files)}")
    file = files[route]
    if file is None:
        raise ConfigError(
            f"the examples of {route!r} are not in a file: write `examples: {route}.jsonl` under it in {config.name}, "
            "and a prompt on each line of that file"
        )
    if not prompt.strip():
        raise ConfigError("a blank prompt is an example of nothing")
    label = Label(route, file, prompt, decision, round(time.time(), 3))
    line = {"prompt": prompt, _LABELLED: label.at} | ({"decision": decision} if decision else {})

    def add(lines: list[bytes]) -> list[bytes]:
        if any(_prompt(each) == prompt for each in lines):
            raise ConfigError(f"this prompt is an example of {route!r} already")
        return [*lines, orjson.dumps(line)]

    _rewrite(file, add)
    return label


def undo_label(config: Path, decision: str | None = None) -> Label:
    """Take back the label of a decision, or the last one. Raises ConfigError where there is none."""
    found = [label for label in labels(config) if decision in {None, label.decision}]
    if not found:
        raise ConfigError("there is no label to take back" + (f" of the decision {decision}" if decision else ""))
    last = max(found, key=lambda label: label.at)
    take_back(last)
    return last


def take_back(label: Label) -> None:
    """Remove a label's line from its file. Raises ConfigError where that cannot be."""
    _rewrite(label.file, lambda lines: [each for each in lines if not _is(each, label)])


def labels(config: Path) -> Iterator[Label]:
    """Yield what was labelled, in the order of the files. Raises ConfigError where one cannot be read."""
    for route, file in example_files(config).items():
        for line in _read(file) if file else []:
            entry = _parsed(line)
            if isinstance(entry, dict) and isinstance(entry.get(_LABELLED), int | float):
                yield Label(route, file or config, str(entry.get("prompt")), entry.get("decision"), entry[_LABELLED])


def _is(line: bytes, label: Label) -> bool:
    entry = _parsed(line)
    return isinstance(entry, dict) and entry.get(_LABELLED) == label.at and entry.get("prompt") == label.prompt


def _prompt(line: bytes) -> Any:
    entry = _parsed(line)
    return entry.get("prompt") if isinstance(entry, dict) else entry


def _parsed(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _read(file: Path) -> list[bytes]:
    """Return the lines of a file; one that is not there has none. Raises ConfigError."""
    try:
        return file.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None


def _rewrite(file: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Replace the lines of a file by what `change` makes of them. Raises ConfigError where that cannot be."""
    target = file.resolve()
    try:
        with _locked(target.parent):
            lines = change(_read(target))
            put(target, b"".join(line + b"\n" for line in lines))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder, so that nobody else labels in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
