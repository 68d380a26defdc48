"""Tools and tool choice, both ways.

`strict` is left open where the caller left it open, since Responses then tries and falls back while the other formats
do not try; towards Responses it is always written, for the same reason.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical import custom_tools
from filters.formats.canonical.fields import objects, optional, refuse, required, schema_at
from filters.formats.canonical.request import ModelOptions, Tool, ToolChoice
from filters.formats.openai_responses.namespaces import full_name

TOOL_SEARCH: Final = "tool_search"
_MODES: Final = {"auto": ToolChoice("auto"), "none": ToolChoice("none"), "required": ToolChoice("required")}
_SERVER: Final = (
    "is not a tool that a provider of another wire format can run; `function`, `custom` and `namespace` tools can be"
    " carried"
)
_CHOICES: Final = (
    "must be `auto`, `none`, `required`, or an object of type `function`, `custom` or `allowed_tools`: others cannot be"
    " carried to another wire format"
)
_NO_PARAMETERS: Final[Json] = {"type": "object", "properties": {}}


def decode_tools(body: Json, additional: list[Any], warnings: list[str]) -> tuple[Sequence[Tool], ToolChoice | None]:
    """Read `tools` and `tool_choice`; of tools that `allowed_tools` leaves out, nothing is told to the provider.

    `additional` are tools that the input adds. Appends to `warnings`.
    """
    entries = optional(body, "tools", list) or []
    if any(_is_servers_search(entry) for entry in entries):
        warnings.append("OpenAI's tool search is left out, and all tools are loaded")
        entries = [_loaded(entry) for entry in entries if not _is_servers_search(entry)]
    named = {tool.name: tool for tool in _tools(entries, "tools")}
    for tool in _tools(additional, "input[].tools", loaded=True):
        named.setdefault(tool.name, tool)
    tools = list(named.values())
    choice = body.get("tool_choice")
    if choice is None:
        return tools, None
    if isinstance(choice, str):
        if choice not in _MODES:
            refuse("tool_choice", _CHOICES)
        return tools, _MODES[choice]
    if not isinstance(choice, dict):
        refuse("tool_choice", _CHOICES)
    if choice.get("type") == "allowed_tools":
        return _allowed(choice, tools)
    return tools, ToolChoice("tool", _named(choice, "tool_choice"))


def _is_servers_search(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("type") == TOOL_SEARCH and entry.get("execution") != "client"


def _loaded(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    entry = {**entry, "defer_loading": False}
    inner = entry.get("tools")
    return {**entry, "tools": [_loaded(tool) for tool in inner]} if isinstance(inner, list) else entry


def _tools(entries: list[Any], where: str, *, loaded: bool = False) -> Iterator[Tool]:
    """Read tools. Those that are deferred are unknown to the model until a search has `loaded` them."""
    for index, entry in enumerate(objects(entries, where)):
        path = f"{where}[{index}]."
        kind = required(entry, "type", str, path)
        if entry.get("defer_loading") is True and not loaded:
            continue
        if kind == "namespace":
            yield from _namespace(entry, path, loaded=loaded)
        elif kind == TOOL_SEARCH:
            description, schema = optional(entry, "description", str, path), schema_at(entry, "parameters", path)
            yield Tool(TOOL_SEARCH, description, schema or _NO_PARAMETERS, search=True)
        elif kind in {"function", "custom"}:
            yield _tool(entry, path)
        else:
            refuse(f"{path}type", _SERVER)


def _tool(entry: Json, path: str) -> Tool:
    name = required(entry, "name", str, path)
    description = optional(entry, "description", str, path)
    if entry["type"] == "custom":
        return Tool(name, description, custom=True, grammar=_grammar(entry, path))
    strict = optional(entry, "strict", bool, path)
    return Tool(name, description, schema_at(entry, "parameters", path) or _NO_PARAMETERS, strict)


def _grammar(entry: Json, path: str) -> Json | None:
    form = optional(entry, "format", dict, path) or {}
    if form.get("type", "text") == "text":
        return None
    where = f"{path}format."
    return {name: required(form, name, str, where) for name in ("syntax", "definition")}


def _namespace(entry: Json, path: str, *, loaded: bool) -> Iterator[Tool]:
    namespace = required(entry, "name", str, path)
    about = optional(entry, "description", str, path)
    for tool in _tools(required(entry, "tools", list, path), f"{path}tools", loaded=loaded):
        description = "\n\n".join(text for text in (about, tool.description) if text) or None
        name = full_name(namespace, tool.name)
        yield Tool(
            name, description, tool.schema, tool.strict, custom=tool.custom, grammar=tool.grammar, namespace=namespace
        )


def _allowed(choice: Json, tools: Sequence[Tool]) -> tuple[Sequence[Tool], ToolChoice]:
    mode = optional(choice, "mode", str, "tool_choice.") or "auto"
    if mode not in {"auto", "required"}:
        refuse("tool_choice.mode", "must be `auto` or `required`")
    where = "tool_choice.tools"
    entries = objects(required(choice, "tools", list, "tool_choice."), where)
    names = {_named(entry, f"{where}[{index}]") for index, entry in enumerate(entries)}
    return [tool for tool in tools if tool.name in names], _MODES[mode]


def _named(entry: Json, where: str) -> str:
    if required(entry, "type", str, f"{where}.") not in {"function", "custom"}:
        refuse(f"{where}.type", _SERVER)
    return full_name(optional(entry, "namespace", str, f"{where}."), required(entry, "name", str, f"{where}."))


def encode_tool(tool: Tool, options: ModelOptions) -> Json:
    """Write a tool by its full name; a custom one as a function where the server does not know such tools."""
    if tool.custom and not options.custom_tools:
        tool = custom_tools.as_function(tool)
    entry: Json = {"type": "custom" if tool.custom else "function", "name": tool.name}
    if tool.description is not None:
        entry["description"] = tool.description
    if tool.custom:
        entry["format"] = {"type": "grammar", **tool.grammar} if tool.grammar else {"type": "text"}
    else:
        entry["parameters"] = tool.schema or _NO_PARAMETERS
        entry["strict"] = tool.strict or False
    return entry


def encode_choice(choice: ToolChoice, custom: frozenset[str]) -> Json | str:
    """Write a tool choice; `custom` are the names of the tools that are sent as such."""
    if choice.mode != "tool":
        return choice.mode
    return {"type": "custom" if choice.name in custom else "function", "name": choice.name}
