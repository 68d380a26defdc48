"""The file of labelled prompts: YAML (a list), or JSONL.

    - prompt: write a parser for ISO dates in Go
      route: code_generation              # a name, a list of acceptable ones, or null for none
      tags: [code, smoke]
    - path: /v1/messages                  # or format: anthropic_messages; without either, a Chat Completions body
      body: {model: auto, messages: [{role: user, content: hi}]}
      route: null

A prompt stands for a Chat Completions body with that one message, so that both kinds take the same way.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from filters.context import ChatRequest, Json, WireFormat
from filters.errors import ConfigError, DownstreamError, did_you_mean
from filters.formats.registry import DEFAULT, ENDPOINTS, FORMATS, chat_request
from filters.routing.classifier import Prompt
from filters.routing.inline import FIELDS
from filters.routing.prompt import prompt_of
from gateway.config.document import Loader
from gateway.config.report import Mark, Report

KEYS: Final = ("prompt", "body", "format", "path", "route", "tags")
_JSONL: Final = frozenset({".jsonl", ".ndjson"})


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and the routes that are right for it; None among them says that no match is.

    `line` is where the case begins in its file, counted from 1.
    """

    line: int
    chat: ChatRequest
    expected: tuple[str | None, ...]
    tags: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What decides: the last user turn, without what agents inject."""
        return prompt_of(self.chat).text


def read_labels(path: Path, routes: Sequence[str]) -> list[Case]:
    """Read the cases. Raises ConfigError with every problem, a line each: `routing_tests.yaml:12: route: ...`.

    `routes` are the names that may be expected.
    """
    report = Report(str(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    cases = []
    for line, entry in _entries(path, data, report):
        try:
            cases.append(_case(line, entry, routes))
        except ValueError as error:
            report.error(Mark(line, ""), str(error))
    if not (cases or report.errors):
        report.error(Mark(1, ""), "there are no cases")
    if report.errors:
        raise ConfigError(report.text())
    return cases


def read_prompts(path: Path) -> list[Prompt]:
    """Read a file of prompts: a line for each (`.txt`), or cases as above whose route is of no account.

    In JSONL and YAML a prompt may also be a string by itself. Raises ConfigError with every problem.
    """
    report = Report(str(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    prompts = []
    for line, entry in _entries(path, data, report):
        try:
            prompts.append(prompt_of(_chat({"prompt": entry} if isinstance(entry, str) else entry)))
        except (ValueError, AttributeError) as error:
            report.error(Mark(line, ""), str(error))
    if not (prompts or report.errors):
        report.error(Mark(1, ""), "there are no prompts")
    if report.errors:
        raise ConfigError(report.text())
    return prompts


def _entries(path: Path, data: bytes, report: Report) -> Iterator[tuple[int, Any]]:
    if path.suffix == ".txt":
        return (
            (number, line) for number, line in enumerate(data.decode(errors="replace").splitlines(), 1) if line.strip()
        )
    return _lines(data, report) if path.suffix in _JSONL else _list(data, report)


def _lines(data: bytes, report: Report) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            try:
                yield number, orjson.loads(line)
            except orjson.JSONDecodeError as error:
                report.error(Mark(number, ""), f"not JSON: {error}")


def _list(data: bytes, report: Report) -> Iterator[tuple[int, Any]]:
    try:
        root = yaml.compose(data, Loader=Loader)
        nodes = root.value if isinstance(root, yaml.SequenceNode) else None
        if nodes is None:
            report.fatal(Mark(1, ""), "must be a list of cases, each with a prompt or a body, and a route")
        for node in nodes:
            yield node.start_mark.line + 1, yaml.constructor.SafeConstructor().construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        report.fatal(Mark(mark.line + 1 if mark else 1, ""), f"not valid YAML: {error.problem}")
    except yaml.YAMLError:
        report.fatal(Mark(1, ""), "not valid YAML: it holds bytes that are no text")


def _case(line: int, entry: Any, routes: Sequence[str]) -> Case:
    """Return the case of an entry. Raises ValueError that says what is wrong, and where."""
    if not isinstance(entry, Mapping):
        raise ValueError("must be a mapping with a prompt or a body, and a route")  # noqa: TRY004 - as all the others
    for key in entry:
        if key not in KEYS:
            raise ValueError(f"{key}: unknown key{did_you_mean(str(key), KEYS)}")
    return Case(line, _chat(entry), _expected(entry, routes), _tags(entry))


def _chat(entry: Mapping[str, Any]) -> ChatRequest:
    prompt, body = entry.get("prompt"), entry.get("body")
    if (prompt is None) == (body is None):
        raise ValueError("needs a prompt or a body, and not both")
    if prompt is not None:
        if not isinstance(prompt, str):
            raise ValueError("prompt: must be a string; put it in quotes if it looks like something else")
        return chat_of({"messages": [{"role": "user", "content": prompt}]}, DEFAULT.name)
    if not isinstance(body, dict):
        raise ValueError("body: must be a mapping, the JSON body of a request")  # noqa: TRY004 - as all the others
    if replaced := next((field for field in FIELDS if field in body), None):
        raise ValueError(f"body.{replaced}: replaces the routes of the configuration, which are what is tested")
    return chat_of(body, _format(entry))


def chat_of(body: Json, wire: WireFormat) -> ChatRequest:
    """Return the chat request that a body is. Raises ValueError where its shape is wrong."""
    try:
        return chat_request(wire, body, b"", decision_only=True)
    except DownstreamError as error:
        raise ValueError(f"body: {error.message}") from None


def _format(entry: Mapping[str, Any]) -> WireFormat:
    path, name = entry.get("path"), entry.get("format")
    if path is not None and name is not None:
        raise ValueError("needs a path or a format, and not both")
    if path is not None:
        if path not in ENDPOINTS:
            raise ValueError(f"path: is not one of {', '.join(ENDPOINTS)}")
        return ENDPOINTS[path].format
    if name is not None and name not in FORMATS:
        raise ValueError(f"format: is not one of {', '.join(FORMATS)}{did_you_mean(str(name), FORMATS)}")
    return WireFormat(name) if name else DEFAULT.name


def _expected(entry: Mapping[str, Any], routes: Sequence[str]) -> tuple[str | None, ...]:
    if "route" not in entry:
        raise ValueError("route: is missing; write null where no route should match")
    given = entry["route"]
    names = tuple(given) if isinstance(given, list) else (given,)
    if not names:
        raise ValueError("route: must not be empty; write null where no route should match")
    for name in names:
        if name is not None and name not in routes:
            raise ValueError(f"route: the configuration has no {name!r}{did_you_mean(str(name), routes)}")
    return names


def _tags(entry: Mapping[str, Any]) -> tuple[str, ...]:
    tags = entry.get("tags", [])
    if not (isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)):
        raise ValueError("tags: must be a list of strings")
    return tuple(tags)
