"""The messages of a Chat Completions request, read into the neutral form.

Tool messages that follow one another become one user message of tool results. The body is expected to have passed
`shape.validate`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from filters.context import Json
from filters.formats.canonical.fields import cannot_carry, filled, objects_at, optional, refuse
from filters.formats.canonical.request import Document, Image, Message, Part, Text, Thought, ToolCall, ToolResult
from filters.formats.canonical.signatures import at_calls
from filters.formats.openai_chat import reasoning_details
from filters.formats.openai_chat.media import split_data_url


def decode_messages(messages: Sequence[Json]) -> list[Message]:
    """Read the messages; raises DownstreamError for what no other format can say."""
    read: list[Message] = []
    results: list[Part] = []
    custom: set[str] = set()
    for index, message in enumerate(messages):
        where = f"messages[{index}]."
        if message["role"] == "tool":
            results.append(_result(message, where, custom))
            continue
        if results:
            read.append(Message("user", results))
            results = []
        read.append(_message(message, where))
        custom.update(part.id for part in read[-1].parts if isinstance(part, ToolCall) and part.custom)
    if results:
        read.append(Message("user", results))
    return read


def _message(message: Json, where: str) -> Message:
    role = message["role"]
    if role == "user":
        return Message("user", _parts(message, where))
    if role == "assistant":
        return Message("assistant", _assistant(message, where))
    if role == "function":
        cannot_carry(f"{where}role", "`function` messages are superseded; send a `tool` message")
    if role not in {"system", "developer"}:
        refuse(f"{where}role", "must be `system`, `developer`, `user`, `assistant` or `tool`")
    return Message("system", _parts(message, where))


def _assistant(message: Json, where: str) -> list[Part]:
    for field in ("audio", "function_call"):
        if message.get(field):
            cannot_carry(where + field, "other formats have no such field")
    parts: list[Part] = [*_thoughts(message, where), *_parts(message, where)]
    if refusal := optional(message, "refusal", str, where):
        parts.append(Text(refusal))
    for index, call in enumerate(objects_at(message, "tool_calls", where)):
        parts.append(_tool_call(call, f"{where}tool_calls[{index}]."))
    return at_calls(parts)


def _thoughts(message: Json, where: str) -> list[Thought]:
    proved = list(reasoning_details.read(objects_at(message, "reasoning_details", where)))
    thinking = optional(message, "reasoning_content", str, where) or optional(message, "reasoning", str, where)
    if not thinking or any(thought.text for thought in proved):
        return proved
    return [Thought(thinking), *proved]


def _tool_call(call: Json, where: str) -> ToolCall:
    kind = optional(call, "type", str, where) or "function"
    if kind not in {"function", "custom"}:
        cannot_carry(f"{where}type", "only `function` and `custom` calls are known to other formats")
    said, where_said = optional(call, kind, dict, where) or {}, f"{where}{kind}."
    name, ident = filled(said, "name", where_said), _ident(call, "id", where)
    if kind == "custom":
        return ToolCall(ident, name, optional(said, "input", str, where_said) or "", custom=True)
    arguments = said.get("arguments") or {}
    if isinstance(arguments, dict):
        arguments = orjson.dumps(arguments).decode()
    if not isinstance(arguments, str):
        refuse(f"{where_said}arguments", "must be a string of JSON")
    google = (optional(call, "extra_content", dict, where) or {}).get("google")
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return ToolCall(ident, name, arguments, signature=signature if isinstance(signature, str) else None)


def _ident(holder: Json, name: str, where: str) -> str:
    """Return an id, which some servers leave empty; calls and results without one are matched in order."""
    return "" if holder.get(name) == "" else filled(holder, name, where)


def _result(message: Json, where: str, custom: set[str]) -> ToolResult:
    ident = _ident(message, "tool_call_id", where)
    content = [part for part in _parts(message, where) if isinstance(part, Text | Image | Document)]
    cache = next((part.cache for part in content if part.cache), None)
    return ToolResult(
        ident,
        [replace(part, cache=None) if part.cache else part for part in content],
        custom=ident in custom,
        cache=cache,
    )


def _parts(message: Json, where: str) -> list[Part]:
    content = message.get("content")
    if isinstance(content, str):
        parts: list[Part] = [Text(content)] if content else []
    else:
        parts = [_part(part, f"{where}content[{index}].") for index, part in enumerate(content or ())]
    cache = optional(message, "cache_control", dict, where)
    if cache and parts and isinstance(parts[-1], Text | Image | Document):
        parts[-1] = replace(parts[-1], cache=cache)
    return parts


def _part(part: Json, where: str) -> Part:
    reader = _READERS.get(part["type"])
    if reader is None:
        cannot_carry(f"{where}type", "only `text`, `refusal`, `image_url` and `file` parts are known to other formats")
    return reader(part, where)


def _text(part: Json, where: str) -> Text:
    return Text(part["text"], optional(part, "cache_control", dict, where))


def _refusal(part: Json, where: str) -> Text:
    return Text(filled(part, "refusal", where))


def _image(part: Json, where: str) -> Image:
    given: Any = part.get("image_url")
    if isinstance(given, str):
        given = {"url": given}
    if not isinstance(given, dict):
        refuse(f"{where}image_url", "must be an object with a `url`")
    cache = optional(part, "cache_control", dict, where)
    where += "image_url."
    url = filled(given, "url", where)
    detail = optional(given, "detail", str, where)
    if not url.startswith("data:"):
        return Image(url=url, detail=detail, cache=cache)
    media_type, data = _bytes_of(url, f"{where}url")
    return Image(data=data, media_type=media_type, detail=detail, cache=cache)


def _file(part: Json, where: str) -> Document:
    given, cache = optional(part, "file", dict, where) or {}, optional(part, "cache_control", dict, where)
    where += "file."
    if given.get("file_id"):
        cannot_carry(f"{where}file_id", "files stay with who stored them; send `file_data`")
    data, name = filled(given, "file_data", where), optional(given, "filename", str, where)
    if data.startswith(("https://", "http://")):
        return Document(url=data, name=name, cache=cache)
    media_type, data = _bytes_of(data, f"{where}file_data") if data.startswith("data:") else ("application/pdf", data)
    return Document(data=data, media_type=media_type, name=name, cache=cache)


def _thinking(part: Json, where: str) -> Thought:
    """Read the thinking part of Mistral, whose content is a list of text parts."""
    return Thought("".join(optional(piece, "text", str, where) or "" for piece in objects_at(part, "thinking", where)))


def _bytes_of(url: str, param: str) -> tuple[str, str]:
    found = split_data_url(url)
    if found is None or not found[0]:
        refuse(param, "must be a URL, or a data URL such as `data:image/png;base64,…`")
    return found


_READERS: Final[Mapping[str, Callable[[Json, str], Part]]] = {
    "text": _text,
    "refusal": _refusal,
    "image_url": _image,
    "file": _file,
    "thinking": _thinking,
}
