"""The neutral form's messages, written as Anthropic wants them.

Its rules: roles alternate, a user turn begins with its tool results, no text is blank, ids of tools match
`^[a-zA-Z0-9_-]+$`, a tool's input is an object, and thinking comes back with Anthropic's own signature or not at all.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from hashlib import blake2s
from typing import Final

import orjson

from filters.context import Json
from filters.errors import DownstreamError
from filters.formats.canonical.custom_tools import to_json
from filters.formats.canonical.nesting import load_json
from filters.formats.canonical.request import Document, Image, Message, Part, Text, Thought, ToolCall, ToolResult
from filters.formats.canonical.seal import ANTHROPIC

_NOT_IN_ID: Final = re.compile(r"[^a-zA-Z0-9_-]")
_MAGIC: Final = (("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("UklGR", "image/webp"))
_BEGIN: Final = "(Begin the conversation.)"
"""Anthropic wants the first turn to be the user's; applications greet first."""
_ALIASES: Final = {"image/jpg": "image/jpeg"}


def encode_messages(
    messages: Iterable[Message], warnings: list[str], *, late_system: bool
) -> tuple[list[Json], list[Json]]:
    """Return the system blocks and the messages. `late_system` lets a system message stay after a user's turn."""
    system: list[Json] = []
    turns: list[Json] = []
    for message in messages:
        blocks = encode_parts(message.parts, warnings)
        if message.role != "system":
            _append(turns, message.role, blocks)
        elif late_system and turns and turns[-1]["role"] != "assistant":
            _append(turns, "system", _only_text(blocks, warnings))
        else:
            if turns:
                warnings.append("a late system message is sent with the first ones")
            system += _only_text(blocks, warnings)
    _finish(turns, warnings)
    return (system, turns) if turns else ([], _from_system(system, warnings))


def encode_parts(parts: Sequence[Part], warnings: list[str]) -> list[Json]:
    """Return the content blocks of one message (or tool result), without those that would be empty."""
    return [block for part in parts if (block := _block(part, warnings)) is not None]


def tool_id(given: str) -> str:
    """Return `given` as Anthropic allows it: unchanged where it may be, else the same for the same every time."""
    if given and not _NOT_IN_ID.search(given):
        return given
    return f"{_NOT_IN_ID.sub('_', given)}_{blake2s(given.encode(), digest_size=4).hexdigest()}"


def tool_input(arguments: str) -> tuple[Json, bool]:
    """Return a tool's input as the object it must be, and whether the arguments were one (or nothing)."""
    if not arguments.strip():
        return {}, True
    try:
        found = load_json(arguments)
    except orjson.JSONDecodeError:
        return {"malformed_arguments": arguments}, False
    return (found, True) if isinstance(found, dict) else ({"arguments": found}, False)


def _append(turns: list[Json], role: str, blocks: list[Json]) -> None:
    if not blocks:
        return
    if turns and turns[-1]["role"] == role:
        turns[-1]["content"] += blocks
    else:
        turns.append({"role": role, "content": blocks})


def _finish(turns: list[Json], warnings: list[str]) -> None:
    """Let the user begin, put tool results first, and end a text that the model is to go on with not in a space."""
    if turns and turns[0]["role"] == "assistant":
        warnings.append("the conversation begins with the assistant: a turn of the user's is put before it")
        turns.insert(0, {"role": "user", "content": [{"type": "text", "text": _BEGIN}]})
    for turn in turns:
        if turn["role"] == "user":
            turn["content"].sort(key=lambda block: block["type"] != "tool_result")
    if turns and turns[-1]["role"] == "assistant" and (last := turns[-1]["content"][-1])["type"] == "text":
        last["text"] = last["text"].rstrip()


def _from_system(system: list[Json], warnings: list[str]) -> list[Json]:
    if not system:
        raise DownstreamError(400, "the conversation is empty: at least one message must hold some content")
    warnings.append("a conversation of system messages alone is sent as the user's turn")
    return [{"role": "user", "content": system}]


def _only_text(blocks: list[Json], warnings: list[str]) -> list[Json]:
    texts = [block for block in blocks if block["type"] == "text"]
    if len(texts) < len(blocks):
        warnings.append("system messages are sent without what is not text")
    return texts


def _block(part: Part, warnings: list[str]) -> Json | None:
    match part:
        case Text():
            return _cached({"type": "text", "text": part.text}, part.cache) if part.text.strip() else None
        case ToolCall():
            return _tool_use(part, warnings)
        case ToolResult():
            return _tool_result(part, warnings)
        case Thought():
            return _thought(part, warnings)
        case Image():
            return _image(part, warnings)
        case Document():
            return _document(part)


def _cached(block: Json, cache: Json | None) -> Json:
    if cache is not None:
        block["cache_control"] = cache
    return block


def _tool_use(call: ToolCall, warnings: list[str]) -> Json:
    given, whole = tool_input(to_json(call.arguments) if call.custom else call.arguments)
    if not whole:
        warnings.append("arguments of an earlier tool call that are no JSON object are sent inside of one")
    return _cached({"type": "tool_use", "id": tool_id(call.id), "name": call.name, "input": given}, call.cache)


def _tool_result(result: ToolResult, warnings: list[str]) -> Json:
    block: Json = {"type": "tool_result", "tool_use_id": tool_id(result.id)}
    content = encode_parts(result.content, warnings)
    if result.is_error:
        block["is_error"] = True
        content = content or [{"type": "text", "text": "error"}]
    if content:
        block["content"] = content
    return _cached(block, result.cache)


def _thought(thought: Thought, warnings: list[str]) -> Json | None:
    if thought.vendor != ANTHROPIC or not thought.signature:
        warnings.append("earlier thinking that Anthropic did not sign is left out")
        return None
    if thought.redacted:
        return {"type": "redacted_thinking", "data": thought.signature}
    return {"type": "thinking", "thinking": thought.text, "signature": thought.signature}


def _image(image: Image, warnings: list[str]) -> Json:
    if image.detail not in (None, "auto"):
        warnings.append("the detail of images is left to the model")
    if image.data is None:
        return _cached({"type": "image", "source": {"type": "url", "url": image.url}}, image.cache)
    media = image.media_type or next((kind for magic, kind in _MAGIC if image.data.startswith(magic)), "image/png")
    source = {"type": "base64", "media_type": _ALIASES.get(media, media), "data": image.data}
    return _cached({"type": "image", "source": source}, image.cache)


def _document(document: Document) -> Json:
    block: Json = {"type": "document", "source": _document_source(document)}
    if document.name:
        block["title"] = document.name
    return _cached(block, document.cache)


def _document_source(document: Document) -> Json:
    if document.data is None:
        return {"type": "url", "url": document.url}
    media = document.media_type or "application/pdf"
    if media == "application/pdf":
        return {"type": "base64", "media_type": media, "data": document.data}
    if not media.startswith("text/"):
        raise DownstreamError(400, "a document of this type cannot be carried to Anthropic: send PDF or plain text")
    try:
        text = base64.b64decode(document.data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise DownstreamError(400, "a text document must be base64 of UTF-8 text") from None
    return {"type": "text", "media_type": "text/plain", "data": text}
