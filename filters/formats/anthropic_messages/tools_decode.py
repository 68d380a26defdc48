"""The tools of a caller's Messages body.

Tools may be deferred (`defer_loading`): the model does not see them until a tool search finds them. A client that
searches by itself answers with references to them; Anthropic's own search does so on its servers.
"""

from collections.abc import Iterator
from typing import Any, Final

from filters.context import Json
from filters.formats.anthropic_messages.content_decode import cache_of
from filters.formats.canonical.fields import refuse, schema_at
from filters.formats.canonical.request import Tool

_OWN_TOOL: Final = "is a tool of Anthropic's own; another provider needs one with name, description and input_schema"
_SEARCH: Final = "tool_search_tool_"


def decode_tools(body: Json, tools: list[Any], warnings: list[str]) -> list[Tool]:
    """Read the tools that the model is to see. Appends to `warnings`."""
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict):
            refuse(f"tools[{index}]", "must be an object with name and input_schema")
    searched = any(_is_search(tool) for tool in tools)
    if searched:
        warnings.append("Anthropic's tool search is left out, and all tools are loaded")
    deferred = not searched and any(tool.get("defer_loading") for tool in tools)
    loaded = _loaded(body) if deferred else None
    return [
        _tool(tool, f"tools[{index}]")
        for index, tool in enumerate(tools)
        if not _is_search(tool) and (loaded is None or not tool.get("defer_loading") or tool.get("name") in loaded)
    ]


def _is_search(tool: Json) -> bool:
    return str(tool.get("type")).startswith(_SEARCH)


def _loaded(body: Json) -> set[Any]:
    """Return the names of the tools that a search found, that were called, or that must be."""
    choice = body.get("tool_choice")
    names = {choice.get("name")} if isinstance(choice, dict) else set()
    for message in body["messages"]:
        names.update(_named(message.get("content")))
    return names


def _named(content: Any) -> Iterator[str]:
    for block in content if isinstance(content, list) else ():
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "tool_use" and isinstance(block.get("name"), str):
            yield block["name"]
        elif kind == "tool_reference" and isinstance(block.get("tool_name"), str):
            yield block["tool_name"]
        elif kind == "tool_result":
            yield from _named(block.get("content"))


def _tool(tool: Json, path: str) -> Tool:
    if tool.get("type") not in (None, "custom"):
        refuse(f"{path}.type", _OWN_TOOL)
    name, description, schema = tool.get("name"), tool.get("description"), schema_at(tool, "input_schema", f"{path}.")
    if not isinstance(name, str):
        refuse(f"{path}.name", "must be a string")
    if description is not None and not isinstance(description, str):
        refuse(f"{path}.description", "must be a string")
    if schema is None:
        refuse(f"{path}.input_schema", "must be an object, a JSON schema")
    return Tool(name, description, schema, True if tool.get("strict") is True else None, cache=cache_of(tool))
