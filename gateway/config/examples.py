"""A route's `examples` may be the path of a JSONL file; it is read here, once, at load."""

from pathlib import Path
from typing import Any, Final

import orjson

from gateway.config.document import YamlList, YamlMapping
from gateway.config.report import Mark, Report

SHAPE: Final = 'must be a string or {"prompt": "..."}'


def read_examples(root: YamlMapping, folder: Path, report: Report) -> None:
    """Replace each path by the prompts in the file. Paths are relative to the folder of config.yaml."""
    routes = root.get("routing_preferences")
    for route in routes if isinstance(routes, YamlList) else []:
        if isinstance(route, YamlMapping) and isinstance(route.get("examples"), str):
            path, mark = route.take("examples")
            route.put("examples", _read(folder / path, path, mark, report), mark)


def _read(file: Path, shown: str, mark: Mark, report: Report) -> YamlList:
    prompts = YamlList()
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        report.error(mark, f"cannot read {shown}: {error.strerror}; the path is relative to config.yaml's folder")
        return prompts
    for number, line in enumerate(lines, start=1):
        if line.strip():
            prompt = _prompt(line)
            if prompt is None:
                report.error(mark, f"{shown}:{number}: {SHAPE}")
            else:
                prompts.put(prompt, mark)
    return prompts


def _prompt(line: bytes) -> str | None:
    """Return the prompt of a line, None where it has none. What stands there is not repeated."""
    try:
        value: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if isinstance(value, dict):
        value = value.get("prompt")
    return value if isinstance(value, str) and value.strip() else None
