"""The messages of the neutral form, written for a Chat Completions server.

Two rules shape this. Tool messages must follow the call at once, before anything else the user said; and they hold text
only, so images and documents of tool results go into the user message after all of them.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import Final

from filters.context import Json
from filters.errors import DownstreamError
from filters.formats.canonical import custom_tools
from filters.formats.canonical.request import (
    Document,
    Image,
    Message,
    ModelOptions,
    Part,
    Text,
    Thought,
    ToolCall,
    ToolResult,
)
from filters.formats.openai_chat import reasoning_details
from filters.formats.openai_chat.media import data_url

_CACHE_LOSS: Final = "cache_control is dropped"
_THINKING_LOSS: Final = "the thinking of earlier turns is dropped"
_UNSIGNED: Final = "skip_thought_signature_validator"
"""What Google documents as the signature of a call that another model made."""


def unknown_thinking(calls: Iterable[Json]) -> str:
    """Return what stands in for the thinking of another model's turn, where a server refuses calls without it.

    It differs from turn to turn: of one that is the same each time DeepSeek gives empty answers
    (Lingtai-AI/lingtai-kernel#9).
    """
    made = (f"{(call.get('function') or call.get('custom') or {}).get('name')} ({call.get('id')})" for call in calls)
    return f"(The thinking before the call of {', '.join(made)} is not known.)"


def encode_messages(messages: Sequence[Message], options: ModelOptions, warnings: list[str]) -> list[Json]:
    """Write the messages, and add to `warnings` what was lost."""
    writer = _Writer(options, warnings)
    for message in messages:
        writer.add(message)
    return writer.finished()


class _Writer:
    """Writes messages in order. `_held` is what tool results showed and a user message has yet to carry."""

    def __init__(self, options: ModelOptions, warnings: list[str]) -> None:
        self._options = options
        self._warnings = warnings
        self._written: list[Json] = []
        self._held: list[Json] = []

    def add(self, message: Message) -> None:
        if any(not isinstance(part, Thought) and part.cache for part in message.parts):
            self._warnings.append(_CACHE_LOSS)
        if message.role == "user":
            self._add_user(message.parts)
            return
        self._flush()
        if message.role == "assistant":
            self._written.append(self._assistant(message.parts))
        else:
            self._written.append({"role": self._system_role(), "content": "\n\n".join(_texts(message.parts, "system"))})

    def finished(self) -> list[Json]:
        self._flush()
        return self._written

    def _system_role(self) -> str:
        late = any(message["role"] not in {"system", "developer"} for message in self._written)
        return "developer" if late and self._options.developer_role else "system"

    def _add_user(self, parts: Sequence[Part]) -> None:
        results = [part for part in parts if isinstance(part, ToolResult)]
        for result in results:
            self._add_result(result)
        said = [_user_part(part) for part in parts if not isinstance(part, ToolResult)]
        if said or not results:
            self._written.append({"role": "user", "content": _joined(self._held + said)})
            self._held = []

    def _add_result(self, result: ToolResult) -> None:
        ident = result.id
        text = "\n\n".join(part.text for part in result.content if isinstance(part, Text) and part.text)
        shown = [_user_part(part) for part in result.content if not isinstance(part, Text)]
        if shown:
            text = text or "The result is in the next user message."
            self._held += [{"type": "text", "text": f"The result of the tool call {ident}:"}, *shown]
        content = f"Error: {text}" if result.is_error else text
        self._written.append({"role": "tool", "tool_call_id": ident, "content": content})

    def _flush(self) -> None:
        if self._held:
            self._written.append({"role": "user", "content": self._held})
            self._held = []

    def _assistant(self, parts: Sequence[Part]) -> Json:
        made = [part for part in parts if isinstance(part, ToolCall)]
        calls = [self._tool_call(part) for part in made]
        text = "".join(_texts((part for part in parts if not isinstance(part, ToolCall | Thought)), "assistant"))
        message: Json = {"role": "assistant", "content": text or (None if calls else "")}
        self._add_thinking(message, [part for part in parts if isinstance(part, Thought)], calls)
        if calls:
            message["tool_calls"] = calls
            if self._options.thought_signatures:
                _sign(calls, made)
        return message

    def _add_thinking(self, message: Json, thoughts: list[Thought], calls: list[Json]) -> None:
        text = "\n\n".join(thought.text for thought in thoughts if thought.text)
        if self._options.reasoning_details and (details := reasoning_details.unsealed(thoughts)):
            message["reasoning_details"] = details
        elif self._options.reasoning_content and text:
            message["reasoning_content"] = text
        elif calls and self._options.reasoning_content_required:
            message["reasoning_content"] = unknown_thinking(calls)
        elif thoughts:
            self._warnings.append(_THINKING_LOSS)

    def _tool_call(self, call: ToolCall) -> Json:
        if call.custom and self._options.custom_tools:
            return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
        arguments = custom_tools.to_json(call.arguments) if call.custom else call.arguments or "{}"
        return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _sign(calls: list[Json], made: Sequence[ToolCall]) -> None:
    """Add Gemini's signatures. It wants one at the first call of each step, whoever made it."""
    for number, (call, given) in enumerate(zip(calls, made, strict=True)):
        signature = given.signature or (None if number or any(each.signature for each in made) else _UNSIGNED)
        if signature:
            call["extra_content"] = {"google": {"thought_signature": signature}}


def _texts(parts: Iterable[Part], role: str) -> list[str]:
    texts = []
    for part in parts:
        if not isinstance(part, Text):
            raise _unsaid(f"messages of the {role} hold text only")
        if part.text:
            texts.append(part.text)
    return texts


def _joined(parts: list[Json]) -> str | list[Json]:
    """Return text alone as one string, which every server takes; some take no list of texts."""
    if all(part["type"] == "text" for part in parts):
        return "\n\n".join(part["text"] for part in parts if part["text"])
    return parts


def _user_part(part: Part) -> Json:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Image):
        return _image(part)
    if isinstance(part, Document):
        return _document(part)
    raise _unsaid("messages of the user hold text, images, documents and tool results")


def _image(image: Image) -> Json:
    url = image.url or data_url(image.media_type or "image/png", image.data or "")
    given: Json = {"url": url}
    if image.detail is not None:
        given["detail"] = image.detail
    return {"type": "image_url", "image_url": given}


def _document(document: Document) -> Json:
    if document.data is None:
        raise _unsaid("a document goes as its bytes in base64, not by URL")
    media_type = document.media_type or "application/pdf"
    if media_type.startswith("text/"):
        return {"type": "text", "text": _plain(document.name, document.data)}
    name = document.name or "document.pdf"
    return {"type": "file", "file": {"filename": name, "file_data": data_url(media_type, document.data)}}


def _plain(name: str | None, data: str) -> str:
    try:
        text = base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _unsaid("a text document is UTF-8 in base64") from error
    return f"{name}:\n\n{text}" if name else text


def _unsaid(rule: str) -> DownstreamError:
    return DownstreamError(
        400, f"`messages` cannot be carried to the provider's Chat Completions: {rule}", param="messages"
    )
