"""The shape of a Messages body as far as routing relies on it.

`validate` runs on every request, so it looks at each message once and builds nothing. What only a provider cares about
(`max_tokens`, the ids of tools) is left to the provider, or to `request_decode` where the request changes format.
"""

from typing import Any, Final, NoReturn

from filters.context import Json
from filters.formats.canonical.fields import refuse

_CHAT_FIELDS: Final = frozenset({"max_completion_tokens", "response_format", "stream_options"})
_CHAT_ROLES: Final = frozenset({"tool", "developer", "function"})
_CHAT_PARTS: Final = frozenset({"image_url", "input_audio", "file"})
_CHAT: Final = "belongs to a Chat Completions body, which goes to /v1/chat/completions"
_RESPONSES: Final = "belongs to a Responses body, which goes to /v1/responses"


def validate(body: Json) -> None:
    """Raise DownstreamError (400, naming the field) unless routing can rely on the shape of `body`."""
    messages = body.get("messages")
    if type(messages) is not list:
        _no_messages(body)
    model = body.get("model")
    if model is not None and type(model) is not str:
        refuse("model", "must be a string, or null")
    _top(body)
    for index, message in enumerate(messages):
        if type(message) is not dict:
            refuse(f"messages[{index}]", "must be an object with role and content")
        role = message.get("role")
        if type(role) is not str or role in _CHAT_ROLES or "tool_calls" in message:
            _bad_message(index, message)
        content = message.get("content")
        if type(content) is list:
            _blocks(f"messages[{index}].content", content)
        elif content is not None and type(content) is not str:
            refuse(f"messages[{index}].content", "must be a string or a list of content blocks")


def _top(body: Json) -> None:
    """Check the fields beside the messages."""
    if not _CHAT_FIELDS.isdisjoint(body):
        refuse(next(field for field in body if field in _CHAT_FIELDS), _CHAT)
    system = body.get("system")
    if type(system) is list:
        _blocks("system", system, only_text=True)
    elif system is not None and type(system) is not str:
        refuse("system", "must be a string or a list of text blocks")
    limit = body.get("max_tokens")
    if limit is not None and type(limit) is not int:
        refuse("max_tokens", "must be an integer")
    if type(body.get("tool_choice")) is str:
        refuse("tool_choice", f"must be an object such as {{'type': 'auto'}}; a string {_CHAT}")
    tools = body.get("tools")
    if tools is not None:
        _tools(tools)


def _tools(tools: Any) -> None:
    if type(tools) is not list:
        refuse("tools", "must be a list of tools")
    for index, tool in enumerate(tools):
        if type(tool) is not dict:
            refuse(f"tools[{index}]", "must be an object with name and input_schema")
        if "function" in tool:
            refuse(f"tools[{index}].function", _CHAT)


def _blocks(path: str, blocks: list[Any], *, only_text: bool = False) -> None:
    for index, block in enumerate(blocks):
        if type(block) is not dict:
            refuse(f"{path}[{index}]", "must be a content block, an object with a type")
        kind = block.get("type")
        if kind == "text":
            if type(block.get("text")) is not str:
                refuse(f"{path}[{index}].text", "must be a string")
        elif type(kind) is not str:
            refuse(f"{path}[{index}].type", "must be a string such as 'text'")
        elif kind in _CHAT_PARTS:
            refuse(f"{path}[{index}].type", f"is a part that {_CHAT}")
        elif only_text:
            refuse(f"{path}[{index}].type", "must be 'text'")


def _no_messages(body: Json) -> NoReturn:
    if "messages" in body:
        refuse("messages", "must be a list of messages")
    if "input" in body:
        refuse("input", _RESPONSES)
    refuse("messages", "is missing: it must be a list of messages")


def _bad_message(index: int, message: Json) -> NoReturn:
    if "tool_calls" in message:
        refuse(f"messages[{index}].tool_calls", _CHAT)
    if type(message.get("role")) is str:
        refuse(f"messages[{index}].role", f"must be 'user', 'assistant' or 'system'; this role {_CHAT}")
    refuse(f"messages[{index}].role", "must be a string: 'user', 'assistant' or 'system'")
