"""The items of `input`, read as messages.

What the model said in one turn (reasoning, text, calls) is one message, though it was several items, and so are the
tool results that follow one another.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

import orjson

from filters.context import Json
from filters.formats.canonical.fields import objects, objects_of, optional, refuse, required, text_of
from filters.formats.canonical.request import Document, Image, Message, Part, Text, Thought, ToolCall, ToolResult
from filters.formats.canonical.seal import OPENAI, opened
from filters.formats.canonical.signatures import at_calls
from filters.formats.openai_responses.namespaces import full_name
from filters.formats.openai_responses.tools import TOOL_SEARCH

_Role = Literal["system", "user", "assistant"]
_ROLES: Final[Mapping[str, _Role]] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
}
_SEARCH: Final = frozenset({"tool_search_call", "tool_search_output"})
_CLIENTS: Final = ("local_shell", "shell", "apply_patch")
"""Tools that the client runs and that have items of their own."""
_ENVELOPE: Final = frozenset({"type", "id", "call_id", "status", "created_by"})
_OF_SERVER_TOOLS: Final = frozenset({
    "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_call",
    "mcp_list_tools", "mcp_approval_request", "mcp_approval_response",
})  # fmt: skip
_FILE: Final = "names a file that only the OpenAI API has; send the content itself"
_ITEM: Final = (
    "is not an item that can be carried to another wire format; messages, reasoning, function and custom tool calls and"
    " their outputs can"
)
_PART: Final = (
    "is not a part that can be carried to another wire format; `input_text`, `input_image` and `input_file` can"
)


def decode_input(given: str | list[Any], warnings: list[str]) -> list[Message]:
    """Read `input`; raises DownstreamError for items that need the state of OpenAI's servers.

    Appends to `warnings` what is left out. Items that hold tools alone are read by `additional_tools`.
    """
    if isinstance(given, str):
        return [Message("user", [Text(given)])]
    messages: list[Message] = []
    parts: list[Part] = []
    last = ""
    for index, item in enumerate(objects(given, "input")):
        where = f"input[{index}]."
        kind = optional(item, "type", str, where) or ("message" if "role" in item else "")
        if kind == "additional_tools" or _is_left_out(item, kind, warnings):
            continue
        reader = _ITEMS.get(kind)
        if reader is None:
            refuse(f"{where}type", _ITEM)
        role, group, read = reader(item, where)
        if group != last or group == "user":
            parts = []
            messages.append(Message(role, parts))
        parts += read
        last = group
    return [replace(message, parts=at_calls(message.parts)) for message in messages if message.parts]


def _is_left_out(item: Json, kind: str, warnings: list[str]) -> bool:
    """Tell the items of tools that OpenAI ran: what they found is in the text after them."""
    ran = kind in _OF_SERVER_TOOLS or (kind in _SEARCH and item.get("execution") == "server")
    if ran:
        warnings.append("calls of tools that OpenAI runs are left out")
    return ran


def additional_tools(given: Any) -> list[Any]:
    """Return the tools that items of `input` add to those of the request."""
    items = given if isinstance(given, list) else []
    return [
        tool
        for item in items
        if isinstance(item, dict) and item.get("type") in {"additional_tools", "tool_search_output"}
        for tool in (item["tools"] if isinstance(item.get("tools"), list) else ())
    ]


_Read = tuple[_Role, str, Iterable[Part]]
"""A role, the group of items that share a message, and what the item holds."""


def _message(item: Json, where: str) -> _Read:
    named = _ROLES.get(required(item, "role", str, where))
    if named is None:
        refuse(f"{where}role", "must be one of `user`, `assistant`, `system`, `developer`")
    content = item.get("content")
    group = "assistant" if named == "assistant" else "user"
    return named, group, [] if content is None else _content(content, f"{where}content")


def _content(content: Any, where: str) -> list[Text | Image | Document]:
    if isinstance(content, str):
        return [Text(content)]
    if not isinstance(content, list):
        refuse(where, "must be a string or a list of content parts")
    parts: list[Text | Image | Document] = []
    for index, part in enumerate(objects(content, where)):
        path = f"{where}[{index}]."
        reader = _PARTS.get(required(part, "type", str, path))
        if reader is None:
            refuse(f"{path}type", _PART)
        parts.append(reader(part, path))
    return parts


def _text(part: Json, where: str) -> Text:
    return Text(required(part, "text", str, where))


def _refusal(part: Json, where: str) -> Text:
    return Text(required(part, "refusal", str, where))


def _image(part: Json, where: str) -> Image:
    if part.get("file_id") is not None:
        refuse(f"{where}file_id", _FILE)
    url = required(part, "image_url", str, where)
    detail = optional(part, "detail", str, where)
    if not url.startswith("data:"):
        return Image(url=url, detail=detail)
    media_type, data = _data_url(url, f"{where}image_url")
    return Image(data=data, media_type=media_type, detail=detail)


def _document(part: Json, where: str) -> Document:
    if part.get("file_id") is not None:
        refuse(f"{where}file_id", _FILE)
    name = optional(part, "filename", str, where)
    if (url := optional(part, "file_url", str, where)) is not None:
        return Document(url=url, name=name)
    data = required(part, "file_data", str, where)
    if not data.startswith("data:"):
        return Document(data=data, media_type="application/pdf", name=name)
    media_type, data = _data_url(data, f"{where}file_data")
    return Document(data=data, media_type=media_type, name=name)


def _data_url(url: str, where: str) -> tuple[str, str]:
    head, comma, data = url.partition(",")
    media_type, *parameters = head.removeprefix("data:").split(";")
    if not comma or "base64" not in parameters or not media_type:
        refuse(where, "must be a data URL of the form `data:<media type>;base64,<data>`")
    return media_type, data


def _call(item: Json, where: str) -> _Read:
    name = full_name(optional(item, "namespace", str, where), required(item, "name", str, where))
    custom = item["type"] == "custom_tool_call"
    arguments = optional(item, "input" if custom else "arguments", str, where) or ("" if custom else "{}")
    call = ToolCall(required(item, "call_id", str, where), name, arguments, custom=custom)
    return "assistant", "assistant", [call]


def _output(item: Json, where: str) -> _Read:
    content = [] if item.get("output") is None else _content(item["output"], f"{where}output")
    custom = item["type"] == "custom_tool_call_output"
    result = ToolResult(required(item, "call_id", str, where), content, custom=custom)
    return "user", "results", [result]


def _search_call(item: Json, where: str) -> _Read:
    """Read the call of a tool search that the client runs, which is a function to others."""
    arguments = item.get("arguments")
    text = arguments if isinstance(arguments, str) else orjson.dumps(arguments or {}).decode()
    return "assistant", "assistant", [ToolCall(required(item, "call_id", str, where), TOOL_SEARCH, text)]


def _search_output(item: Json, where: str) -> _Read:
    """Read what it found; the tools themselves are added to those of the request."""
    names = [text_of(tool, "name") for tool in objects_of(item, "tools")]
    found = f"These tools are now available: {', '.join(names)}." if names else "No tool was found."
    return "user", "results", [ToolResult(required(item, "call_id", str, where), [Text(found)])]


def _client_call(item: Json, where: str) -> _Read:
    """Read the call of a tool that the client runs and only OpenAI's models know, as the call of a function."""
    arguments = {name: value for name, value in item.items() if name not in _ENVELOPE}
    name = item["type"].removesuffix("_call")
    call = ToolCall(required(item, "call_id", str, where), name, orjson.dumps(arguments).decode())
    return "assistant", "assistant", [call]


def _client_output(item: Json, where: str) -> _Read:
    output = item.get("output")
    if not isinstance(output, str):
        output = "" if output is None else orjson.dumps(output).decode()
    ident = optional(item, "call_id", str, where) or required(item, "id", str, where)
    return "user", "results", [ToolResult(ident, [Text(output)])]


def _reasoning(item: Json, where: str) -> _Read:
    shown = objects_of(item, "summary") or objects_of(item, "content")
    text = "\n\n".join(part["text"] for part in shown if isinstance(part.get("text"), str))
    proof = optional(item, "encrypted_content", str, where)
    own_id = optional(item, "id", str, where)
    if not proof:
        return "assistant", "assistant", [Thought(text, id=own_id)] if text else []
    sealed = opened(proof, OPENAI)
    redacted = sealed.redacted or (sealed.origin == OPENAI and not text)
    thought = Thought(text, sealed.blob, sealed.origin, redacted, own_id if sealed.origin == OPENAI else sealed.id)
    return "assistant", "assistant", [thought]


_ITEMS: Final[Mapping[str, Callable[[Json, str], _Read]]] = {
    "message": _message,
    "function_call": _call,
    "custom_tool_call": _call,
    "function_call_output": _output,
    "custom_tool_call_output": _output,
    "reasoning": _reasoning,
    "tool_search_call": _search_call,
    "tool_search_output": _search_output,
    **{f"{name}_call": _client_call for name in _CLIENTS},
    **{f"{name}_call_output": _client_output for name in _CLIENTS},
}
_PARTS: Final[Mapping[str, Callable[[Json, str], Text | Image | Document]]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": _document,
}
