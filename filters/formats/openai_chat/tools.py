"""Tools and the choice among them, read and written."""

from collections.abc import Sequence
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical import custom_tools
from filters.formats.canonical.fields import cannot_carry, filled, objects_at, optional, refuse, schema_at
from filters.formats.canonical.request import ModelOptions, Tool, ToolChoice

_MODES: Final = frozenset({"auto", "none", "required"})


def decode_tools(body: Json) -> list[Tool]:
    """Read `tools`; raises DownstreamError for those that only OpenAI's own servers run."""
    return [_decode_tool(tool, f"tools[{index}].") for index, tool in enumerate(objects_at(body, "tools"))]


def decode_choice(body: Json, tools: list[Tool]) -> tuple[ToolChoice | None, list[Tool]]:
    """Read `tool_choice`, and give the tools among which it lets the model choose."""
    choice = body.get("tool_choice")
    if choice is None:
        return None, tools
    if isinstance(choice, str) and choice in _MODES:
        return ToolChoice(choice), tools  # type: ignore[arg-type]  # the set above is the literal
    if not isinstance(choice, dict):
        refuse("tool_choice", "must be `auto`, `none`, `required` or an object that names a tool")
    if choice.get("type") == "allowed_tools":
        return _decode_allowed(optional(choice, "allowed_tools", dict, "tool_choice.") or {}, tools)
    return ToolChoice("tool", _named(choice, "tool_choice.")), tools


def encode_tools(tools: Sequence[Tool], options: ModelOptions) -> list[Json]:
    """Write `tools`; custom tools become functions where the server does not take them."""
    return [_encode_tool(tool, options) for tool in tools]


def encode_choice(choice: ToolChoice, tools: Sequence[Tool], options: ModelOptions) -> Any:
    """Write `tool_choice`."""
    if choice.mode != "tool":
        return choice.mode
    kind = "custom" if options.custom_tools and choice.name in custom_tools.names(tools) else "function"
    return {"type": kind, kind: {"name": choice.name}}


def _decode_tool(tool: Json, where: str) -> Tool:
    kind = optional(tool, "type", str, where) or "function"
    if kind == "custom":
        return _decode_custom(optional(tool, "custom", dict, where) or {}, f"{where}custom.")
    if kind != "function":
        cannot_carry(f"{where}type", "only `function` and `custom` tools are known to other formats")
    function = optional(tool, "function", dict, where) or {}
    inside = f"{where}function."
    return Tool(
        name=filled(function, "name", inside),
        description=optional(function, "description", str, inside),
        schema=schema_at(function, "parameters", inside),
        strict=optional(function, "strict", bool, inside),
        cache=optional(tool, "cache_control", dict, where),
    )


def _decode_custom(custom: Json, where: str) -> Tool:
    given = optional(custom, "format", dict, where) or {}
    grammar = optional(given, "grammar", dict, f"{where}format.")
    if grammar is not None:
        path = f"{where}format.grammar."
        grammar = {name: filled(grammar, name, path) for name in ("syntax", "definition")}
    name, description = filled(custom, "name", where), optional(custom, "description", str, where)
    return Tool(name, description, custom=True, grammar=grammar)


def _decode_allowed(allowed: Json, tools: list[Tool]) -> tuple[ToolChoice, list[Tool]]:
    where = "tool_choice.allowed_tools."
    mode = optional(allowed, "mode", str, where)
    if mode not in {"auto", "required"}:
        refuse(f"{where}mode", "must be `auto` or `required`")
    names = {_named(tool, f"{where}tools[].") for tool in objects_at(allowed, "tools", where)}
    return ToolChoice(mode), [  # type: ignore[arg-type]  # the set above is the literal
        tool for tool in tools if tool.name in names
    ]


def _named(choice: Json, where: str) -> str:
    kind = optional(choice, "type", str, where)
    if kind not in {"function", "custom"}:
        refuse(f"{where}type", "must be `function` or `custom`")
    return filled(optional(choice, kind, dict, where) or {}, "name", f"{where}{kind}.")


def _encode_tool(tool: Tool, options: ModelOptions) -> Json:
    if tool.custom and options.custom_tools:
        return {"type": "custom", "custom": _encode_custom(tool)}
    if tool.custom:
        tool = custom_tools.as_function(tool)
    function: Json = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.schema is not None:
        # OpenAI refuses an object schema without properties, which is how other formats say "no arguments".
        bare = tool.schema.get("type", "object") == "object" and "properties" not in tool.schema
        function["parameters"] = {"type": "object", "properties": {}} | tool.schema if bare else tool.schema
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _encode_custom(tool: Tool) -> Json:
    custom: Json = {"name": tool.name}
    if tool.description is not None:
        custom["description"] = tool.description
    if tool.grammar is not None:
        custom["format"] = {"type": "grammar", "grammar": tool.grammar}
    return custom
