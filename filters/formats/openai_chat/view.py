"""The conversation of a Chat Completions body, as those see it who translate nothing. The body must be valid."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from filters.context import Json
from filters.formats.agents.boilerplate import spoken
from filters.formats.canonical.fields import objects_of
from filters.formats.canonical.texts import Visitor, each, json_text, text_of_role, with_field
from filters.formats.format import Turn
from filters.formats.openai_chat import reasoning_details

_SPEAKERS: Final = frozenset({"user", "assistant"})
_SYSTEM_ROLES: Final = frozenset({"system", "developer"})
_TOOL_ROLES: Final = frozenset({"tool", "function"})


def turns(body: Json) -> Iterator[Turn]:
    """Give what user and assistant said, newest first; turns without text of their own are left out."""
    for message in reversed(body["messages"]):
        if message["role"] in _SPEAKERS and (text := _text(message.get("content"))):
            yield Turn(message["role"], text)


def _text(content: Any) -> str:
    if isinstance(content, list):
        pieces = (spoken(part["text"]) for part in content if part["type"] == "text")
        return "\n".join(piece for piece in pieces if piece)
    return spoken(content) if content else ""


def newest(body: Json) -> Iterator[str]:
    """Give `result`, `user` or `assistant` for each message that says something, newest first."""
    for message in reversed(body["messages"]):
        role = message["role"]
        if role in _TOOL_ROLES:
            yield "result"
        elif role == "assistant" or (role == "user" and _speaks(message.get("content"))):
            yield role


def _speaks(content: Any) -> bool:
    """Tell whether a user's content holds words of the user's own, or whatever is no text."""
    if isinstance(content, str):
        return bool(spoken(content))
    return any(part["type"] != "text" or spoken(part["text"]) for part in content or ())


def system(body: Json) -> object:
    """Return the contents of the system messages."""
    return [message.get("content") for message in body["messages"] if message["role"] in _SYSTEM_ROLES]


def signers(body: Json) -> Iterator[str]:
    """Give who signed the reasoning that `reasoning_details` hold, newest first."""
    for message in reversed(body["messages"]):
        details = objects_of(message, "reasoning_details")
        yield from (thought.vendor for thought in reasoning_details.read(details) if thought.vendor)


def unsealed(_body: Json) -> Json:
    """Return no field, for the same reason."""
    return {}


def visited(body: Json, visit: Visitor) -> Json:
    """Visit every text that the model will read."""
    return with_field(body, "messages", lambda messages: each(messages, lambda message: _message(message, visit)))


def _message(message: Json, visit: Visitor) -> Json:
    role = _role(message["role"])
    change = text_of_role(role, visit)
    for name in ("reasoning_content", "reasoning"):
        message = with_field(message, name, change)
    message = with_field(message, "content", lambda content: _content(content, change))
    message = with_field(message, "refusal", change)
    return with_field(message, "tool_calls", lambda calls: each(calls, lambda call: _call(call, change)))


def _role(role: str) -> str:
    if role in _TOOL_ROLES:
        return "tool"
    return "system" if role in _SYSTEM_ROLES else role


def _content(content: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(content, list):
        return each(content, lambda part: with_field(with_field(part, "text", change), "refusal", change))
    return change(content)


def _call(call: Any, change: Callable[[Any], Any]) -> Any:
    call = with_field(call, "function", lambda said: with_field(said, "arguments", json_text(change)))
    return with_field(call, "custom", lambda said: with_field(said, "input", change))
