"""`$NAME` and `${NAME}` in credentials and addresses, and nowhere else.

An unset variable leaves a credential without a value, so that decisions work without keys, and is an error in an
address, without which nothing works. An empty variable counts as unset: docker-compose hands them on so. `$$` is a
dollar sign. No value ever enters an error.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import SecretStr

from filters.credential import Credential
from gateway.config.document import YamlMapping, find
from gateway.config.report import Mark, Report

CREDENTIALS: Final = (
    ("model_providers", "*", "access_key"),
    ("model_providers", "*", "headers", "*"),
    ("routing", "llm", "access_key"),
    ("model_metrics_sources", "*", "auth", "token"),
)
ADDRESSES: Final = {
    ("model_providers", "*", "base_url"): "http://unset",
    ("model_providers", "*", "http_host"): "unset",
    ("routing", "session_cache", "url"): "redis://unset",
    ("routing", "llm", "base_url"): "http://unset",
    ("model_metrics_sources", "*", "url"): "http://unset",
}
"""What stands in for an address whose variable is not set, so that the rest can still be checked."""
_REFERENCE: Final = re.compile(r"\$(?:(\$)|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*)|)", re.ASCII)


def expand(root: YamlMapping, environ: Mapping[str, str], report: Report) -> None:
    """Replace every reference in place."""
    for pattern in CREDENTIALS:
        for holder, key, mark in _strings(root, pattern):
            text, unset = _substitute(holder[key], environ)
            if unset:
                holder[key] = Credential(None, unset[0])
            elif text.isprintable() and text:
                holder[key] = Credential(SecretStr(text))
            else:
                report.error(mark, "is empty, or holds a line break or another control character")
    for pattern, stand_in in ADDRESSES.items():
        for holder, key, mark in _strings(root, pattern):
            text, unset = _substitute(holder[key], environ)
            if unset:
                report.error(mark, f"the environment variable {unset[0]} is not set")
            holder[key] = stand_in if unset else text


def _strings(root: YamlMapping, pattern: tuple[str, ...]) -> Iterator[tuple[Any, Any, Mark]]:
    return ((holder, key, mark) for holder, key, mark in find(root, pattern) if isinstance(holder[key], str))


def _substitute(text: str, environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return the text with its references replaced, and the names of those that are not set."""
    unset: list[str] = []

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        name = match[2] or match[3] or "$"
        found = environ.get(name, "").strip()
        if not found:
            unset.append(name)
        return found

    return _REFERENCE.sub(value, text), unset
