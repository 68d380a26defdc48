"""The shape of a Chat Completions body that routing relies on.

Every request passes here, so only what is read is checked: the model's name and the messages' roles and texts. A body
that was plainly meant for another path is told which one.
"""

from typing import Any, Final, NoReturn

from filters.context import Json
from filters.errors import DownstreamError

_ANTHROPIC_PARTS: Final = frozenset({"tool_use", "tool_result"})
_RESPONSES_PARTS: Final = frozenset({"input_text", "input_image", "output_text"})


def validate(body: Json) -> None:
    """Raise DownstreamError (400) unless routing can read the body; the error names the field."""
    model = body.get("model")
    if model is not None and not isinstance(model, str):
        raise _wrong("model", "must be a string")
    _check_path(body)
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise _wrong("messages", "must be a list of messages, each an object with `role` and `content`")
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise _wrong(f"messages[{index}]", "must be an object with `role` and `content`")
        if not isinstance(message.get("role"), str):
            raise _wrong(f"messages[{index}].role", "must be a string such as `user`")
        content = message.get("content")
        if content is not None and not isinstance(content, str):
            _check_parts(content, index)


def _check_parts(content: Any, index: int) -> None:
    if not isinstance(content, list):
        raise _wrong(f"messages[{index}].content", "must be a string, null or a list of parts")
    for number, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(kind, str):
            raise _wrong(f"messages[{index}].content[{number}]", "must be an object with a string `type`")
        if kind == "text":
            if not isinstance(part.get("text"), str):
                raise _wrong(f"messages[{index}].content[{number}].text", "must be a string")
        else:
            _check_kind(part, f"messages[{index}].content[{number}]")


def _check_kind(part: Json, where: str) -> None:
    if part["type"] in _ANTHROPIC_PARTS or isinstance(part.get("source"), dict):
        _elsewhere("an Anthropic Messages", "messages", where)
    if part["type"] in _RESPONSES_PARTS:
        _elsewhere("a Responses", "responses", where)


def _check_path(body: Json) -> None:
    if "input" in body and "messages" not in body:
        _elsewhere("a Responses", "responses", "input")
    for field in ("system", "stop_sequences"):
        if field in body:
            _elsewhere("an Anthropic Messages", "messages", field)
    tools = body.get("tools")
    if isinstance(tools, list) and any(isinstance(tool, dict) and "input_schema" in tool for tool in tools):
        _elsewhere("an Anthropic Messages", "messages", "tools")


def _elsewhere(kind: str, path: str, param: str) -> NoReturn:
    message = f"`{param}` makes this look like {kind} body; send it to …/v1/{path}, or use the Chat Completions shape"
    raise DownstreamError(400, message, param=param)


def _wrong(param: str, right: str) -> DownstreamError:
    return DownstreamError(400, f"`{param}` {right}", param=param)
