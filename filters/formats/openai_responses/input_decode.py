"""The items of `input`, read as messages.

What the model said in one turn (reasoning, text, calls) is one message, though it was several items, and so are the
tool results that follow one another.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal

from filters.context import Json
from filters.formats.canonical.request import Document, Image, Message, Part, Text, Thought, ToolCall, ToolResult
from filters.formats.canonical.seal import OPENAI, opened
from filters.formats.openai_responses.fields import objects, objects_of, optional, refuse, required
from filters.formats.openai_responses.namespaces import full_name

_Role = Literal["system", "user", "assistant"]
_ROLES: Final[Mapping[str, _Role]] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
}
_FILE: Final = "names a file that only the OpenAI API has; send the content itself"
_ITEM: Final = (
    "is not an item that can be carried to another wire format; messages, reasoning, function and custom tool calls and"
    " their outputs can"
)
_PART: Final = (
    "is not a part that can be carried to another wire format; `input_text`, `input_image` and `input_file` can"
)


def decode_input(given: str | list[Any]) -> list[Message]:
    """Read `input`; raises DownstreamError for items that need the state or the tools of OpenAI's servers."""
    if isinstance(given, str):
        return [Message("user", [Text(given)])]
    messages: list[Message] = []
    parts: list[Part] = []
    last = ""
    for index, item in enumerate(objects(given, "input")):
        where = f"input[{index}]."
        reader = _ITEMS.get(optional(item, "type", str, where) or ("message" if "role" in item else ""))
        if reader is None:
            refuse(f"{where}type", _ITEM)
        role, group, read = reader(item, where)
        if group != last or group == "user":
            parts = []
            messages.append(Message(role, parts))
        parts += read
        last = group
    return [message for message in messages if message.parts]


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
}
_PARTS: Final[Mapping[str, Callable[[Json, str], Text | Image | Document]]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": _document,
}
