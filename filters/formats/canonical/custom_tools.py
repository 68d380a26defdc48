"""Custom tools, which take free text, for providers that know only functions.

Codex's `apply_patch` is one. Such a tool goes to the provider as a function of one string, `input`; the provider's call
of it comes back as JSON text, which the encoder of the caller's format (it has the `Request`) turns into free text.
"""

from collections.abc import Iterable
from typing import Final

import orjson

from filters.context import Json
from filters.formats.canonical.nesting import load_json
from filters.formats.canonical.request import Tool

_SCHEMA: Final[Json] = {
    "type": "object",
    "properties": {"input": {"type": "string", "description": "The whole input of the tool, as free text."}},
    "required": ["input"],
    "additionalProperties": False,
}


def as_function(tool: Tool) -> Tool:
    """Return the function that stands for a custom tool; its grammar goes into the description."""
    grammar = tool.grammar or {}
    rule = f"The input must match this {grammar['syntax']} grammar:\n{grammar['definition']}" if grammar else None
    description = "\n\n".join(piece for piece in (tool.description, rule) if piece)
    return Tool(tool.name, description or None, _SCHEMA, cache=tool.cache, namespace=tool.namespace)


def to_json(text: str) -> str:
    """Return the arguments of the function for the free text of a custom tool's call."""
    return orjson.dumps({"input": text}).decode()


def to_text(arguments: str) -> str:
    """Return the free text from the function's arguments, or the arguments as they are where they are no such JSON."""
    try:
        found = load_json(arguments)
    except orjson.JSONDecodeError:
        return arguments
    text = found.get("input") if isinstance(found, dict) else None
    return text if isinstance(text, str) else arguments


def names(tools: Iterable[Tool]) -> frozenset[str]:
    """Return the names of the custom tools."""
    return frozenset(tool.name for tool in tools if tool.custom)
