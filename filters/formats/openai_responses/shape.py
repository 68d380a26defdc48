"""The shape of a Responses body as far as routing relies on it.

`validate` runs on every request, so it looks only at what `turns` reads and at the marks of a body that came to the
wrong path. Everything else is the provider's to judge, or `decode_request`'s where the body must be translated.
"""

from collections.abc import Iterator
from typing import Any, Final

from filters.context import Json
from filters.errors import DownstreamError
from filters.formats.canonical.fields import text_of

_TEXT_PARTS: Final = frozenset(("input_text", "output_text", "text"))
_MESSAGE: Final = frozenset((None, "message"))
_WITHOUT_INPUT: Final = ("previous_response_id", "prompt", "conversation")
_ANTHROPIC_FIELDS: Final = ("system", "stop_sequences", "thinking", "top_k", "output_config")
_ANTHROPIC_PARTS: Final = frozenset(("tool_use", "tool_result", "thinking", "redacted_thinking"))


def validate(body: Json) -> None:
    """Check the shape that routing relies on; raises DownstreamError naming the field."""
    model = body.get("model")
    if model is not None and not isinstance(model, str):
        raise _wrong("model", "must be a string, or be left out so that the gateway decides")
    instructions = body.get("instructions")
    if instructions is not None and not isinstance(instructions, str):
        raise _wrong("instructions", "must be a string or null")
    given = body.get("input")
    if isinstance(given, list):
        for index, item in enumerate(given):
            _check_item(item, index)
    elif given is None:
        _check_absent(body)
    elif not isinstance(given, str):
        raise _wrong("input", "must be a string or a list of items")


def _check_item(item: Any, index: int) -> None:
    if not isinstance(item, dict):
        raise _wrong(f"input[{index}]", "must be an object, such as a message with `role` and `content`")
    kind = item.get("type")
    if kind is None and "role" not in item and isinstance(item.get("id"), str):
        return  # an item reference, whose type may be left out
    if kind is not None and not isinstance(kind, str):
        raise _wrong(f"input[{index}].type", "must be a string, such as `message` or `function_call_output`")
    if kind in _MESSAGE:
        _check_message(item, f"input[{index}]")


def _check_message(item: Json, path: str) -> None:
    role, content = item.get("role"), item.get("content")
    if not isinstance(role, str):
        raise _wrong(f"{path}.role", "must be one of `user`, `assistant`, `system`, `developer`")
    if isinstance(content, list):
        for number, part in enumerate(content):
            _check_part(part, f"{path}.content[{number}]")
    elif not isinstance(content, str) and not (content is None and role == "assistant"):
        raise _wrong(f"{path}.content", "must be a string or a list of content parts")


def _check_part(part: Any, path: str) -> None:
    if not isinstance(part, dict):
        raise _wrong(path, "must be an object with a `type`, such as `input_text`")
    kind = part.get("type")
    if not isinstance(kind, str):
        raise _wrong(f"{path}.type", "must be a string, such as `input_text` or `input_image`")
    if kind in _TEXT_PARTS:
        if not isinstance(part.get("text"), str):
            raise _wrong(f"{path}.text", "must be a string")
    elif kind in _ANTHROPIC_PARTS:
        raise _wrong(f"{path}.type", "is a content block of Anthropic Messages: send this body to `/v1/messages`")


def _check_absent(body: Json) -> None:
    if "messages" in body:
        where = (
            "Anthropic Messages (`/v1/messages`)" if _anthropic(body) else "Chat Completions (`/v1/chat/completions`)"
        )
        raise _wrong("input", f"is missing: a body with `messages` belongs to {where}; the Responses API takes `input`")
    if all(body.get(field) is None for field in _WITHOUT_INPUT):
        raise _wrong("input", "is missing: it must be a string or a list of items")


def _anthropic(body: Json) -> bool:
    if any(field in body for field in _ANTHROPIC_FIELDS):
        return True
    tools, messages = body.get("tools"), body["messages"]
    if any("input_schema" in tool for tool in _objects(tools)):
        return True
    parts = (part for message in _objects(messages) for part in _objects(message.get("content")))
    return any(text_of(part, "type") in _ANTHROPIC_PARTS for part in parts)


def _objects(value: Any) -> Iterator[Json]:
    return (entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else iter(())


def _wrong(param: str, rest: str) -> DownstreamError:
    return DownstreamError(400, f"`{param}` {rest}", param=param)
