"""The messages of a conversation, written as the items of `input`."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
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
from filters.formats.canonical.seal import OPENAI

_FOREIGN_THOUGHT: Final = "thinking that another vendor signed is left out"
_UNSIGNED_THOUGHT: Final = "thinking without a signature is left out"


def encode_input(messages: Iterable[Message], options: ModelOptions, warnings: list[str]) -> list[Json]:
    """Write messages as items; small losses are added to `warnings`, each once."""
    items: list[Json] = []
    for message in messages:
        for kind, parts in groupby(message.parts, key=_kind):
            if kind is Text:
                items += _message(message.role, [part for part in parts if isinstance(part, _CONTENT)], options)
            else:
                items += (item for part in parts if (item := _item(part, options, warnings)) is not None)
    return items


_CONTENT = (Text, Image, Document)


def _kind(part: Part) -> type:
    """Return what parts share an item: text, images and documents do, all else is an item of its own."""
    return Text if isinstance(part, _CONTENT) else type(part)


def _message(role: str, parts: Sequence[Text | Image | Document], options: ModelOptions) -> Iterator[Json]:
    if role == "assistant":
        yield from (_said(part) for part in parts if not isinstance(part, Text) or part.text)
        return
    if role == "system" and options.developer_role:
        role = "developer"
    yield {"type": "message", "role": role, "content": [_part(part) for part in parts]}


def _said(part: Text | Image | Document) -> Json:
    """Write what the assistant said as a string: parts would need the ids of the answer that they come from."""
    if not isinstance(part, Text):
        raise DownstreamError(400, "an assistant message can hold no images and no documents in the Responses API")
    return {"type": "message", "role": "assistant", "content": part.text}


def _part(part: Text | Image | Document) -> Json:
    if isinstance(part, Text):
        return {"type": "input_text", "text": part.text}
    if isinstance(part, Image):
        url = part.url if part.url is not None else f"data:{part.media_type};base64,{part.data}"
        return {"type": "input_image", "image_url": url, "detail": part.detail or "auto"}
    return _document(part)


def _document(part: Document) -> Json:
    if part.url is not None:
        return {"type": "input_file", "file_url": part.url}
    if (part.media_type or "").startswith("text/"):
        return {"type": "input_text", "text": _plain(part)}
    media_type = part.media_type or "application/pdf"
    data = f"data:{media_type};base64,{part.data}"
    return {"type": "input_file", "filename": part.name or "document.pdf", "file_data": data}


def _plain(part: Document) -> str:
    """Return the text of a plain document, which every model can read, under its name."""
    try:
        text = base64.b64decode(part.data or "").decode("utf-8", "replace")
    except binascii.Error as error:
        raise DownstreamError(400, "the data of a text document must be base64") from error
    return f"{part.name}\n\n{text}" if part.name else text


def _item(part: Part, options: ModelOptions, warnings: list[str]) -> Json | None:
    if isinstance(part, ToolCall):
        return _call(part, options)
    if isinstance(part, ToolResult):
        kind = "custom_tool_call_output" if part.custom and options.custom_tools else "function_call_output"
        return {"type": kind, "call_id": part.id, "output": _output(part)}
    return _thought(part, options, warnings) if isinstance(part, Thought) else None


def _call(part: ToolCall, options: ModelOptions) -> Json:
    if part.custom and options.custom_tools:
        return {"type": "custom_tool_call", "call_id": part.id, "name": part.name, "input": part.arguments}
    arguments = custom_tools.to_json(part.arguments) if part.custom else part.arguments or "{}"
    return {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": arguments}


def _output(result: ToolResult) -> str | list[Json]:
    """Return a plain string where text is all there is. Responses has no mark for errors, so the text says it."""
    content = list(result.content)
    if result.is_error:
        first = content[0] if content and isinstance(content[0], Text) else None
        content[: 1 if first else 0] = [Text(f"Error: {first.text}" if first else "Error")]
    if not content:
        return ""
    if len(content) == 1 and isinstance(content[0], Text):
        return content[0].text
    return [_part(part) for part in content]


def _thought(part: Thought, options: ModelOptions, warnings: list[str]) -> Json | None:
    """Write the vendor's own proof. Servers with open models have none and take the text itself, if any."""
    if part.vendor == OPENAI and part.signature:
        summary = [{"type": "summary_text", "text": part.text}] if part.text else []
        item: Json = {"type": "reasoning", "summary": summary, "encrypted_content": part.signature}
        return item | {"id": part.id} if part.id else item
    if options.reasoning_content and part.text:
        content = [{"type": "reasoning_text", "text": part.text}]
        return {"type": "reasoning", "id": part.id or "rs_unsigned", "summary": [], "content": content}
    loss = _FOREIGN_THOUGHT if part.vendor not in {None, OPENAI} else _UNSIGNED_THOUGHT
    if loss not in warnings:
        warnings.append(loss)
    return None
