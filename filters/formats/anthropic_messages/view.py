"""The conversation of a Messages body, as those see it who translate nothing. The body must be valid."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from filters.context import Json
from filters.formats.agents.boilerplate import spoken
from filters.formats.canonical.seal import ANTHROPIC, opened
from filters.formats.canonical.texts import Visitor, each, leaves, text_of_role, with_field
from filters.formats.format import Turn

_SPEAKERS: Final = frozenset({"user", "assistant"})


def turns(body: Json) -> Iterator[Turn]:
    """Give what user and assistant said, newest first; tool results, images and system messages are no turns."""
    for message in reversed(body["messages"]):
        role = message["role"]
        if role in _SPEAKERS and (text := _said(message.get("content"))):
            yield Turn(role, text)


def _said(content: str | list[Json] | None) -> str:
    if isinstance(content, str):
        return spoken(content)
    texts = (spoken(block["text"]) for block in content or () if block["type"] == "text")
    return "\n".join(text for text in texts if text)


def newest(body: Json) -> Iterator[str]:
    """Give `result`, `user` or `assistant` for each message that says something, newest first."""
    for message in reversed(body["messages"]):
        content = message.get("content")
        if message["role"] == "assistant":
            yield "assistant"
        elif _speaks(content):
            yield "user"
        elif any(block["type"] == "tool_result" for block in _blocks(content)):
            yield "result"


def _speaks(content: Any) -> bool:
    """Tell whether content holds words of the user's own, or whatever is neither text nor a tool's result."""
    if isinstance(content, str):
        return bool(spoken(content))
    return any(_is_own(block) for block in _blocks(content))


def _is_own(block: Json) -> bool:
    text = block.get("text")
    return bool(spoken(text)) if isinstance(text, str) else block["type"] != "tool_result"


def system(body: Json) -> object:
    """Return the system prompt."""
    return body.get("system")


def signers(body: Json) -> Iterator[str]:
    """Give who signed the thinking, newest first."""
    for message in reversed(body["messages"]):
        for block in _blocks(message.get("content")):
            proof = block.get("signature") or (block.get("data") if block["type"] == "redacted_thinking" else None)
            if isinstance(proof, str) and proof:
                yield opened(proof, ANTHROPIC).origin


def _blocks(content: Any) -> list[Json]:
    return content if isinstance(content, list) else []


def visited(body: Json, visit: Visitor) -> Json:
    """Visit every text that the model will read; signed thinking is not looked into, and stays."""
    body = with_field(body, "system", partial(_content, "system", visit))
    return with_field(body, "messages", partial(each, change=partial(_message, visit)))


def _message(visit: Visitor, message: Json) -> Json:
    return with_field(message, "content", partial(_content, message["role"], visit))


def _content(role: str, visit: Visitor, content: Any) -> Any:
    if isinstance(content, list):
        return each(content, partial(_block, role, visit))
    return text_of_role(role, visit)(content)


def _block(role: str, visit: Visitor, block: Any) -> Any:
    """Visit what a block says; blocks inside of documents, results and search results are visited too."""
    if not isinstance(block, dict):
        return block
    if block.get("type") == "tool_result":
        return with_field(block, "content", partial(_content, "tool", visit))
    change = text_of_role(role, visit)
    if block.get("type") == "tool_use":
        return with_field(block, "input", leaves(change))
    for name in ("title", "context", "text"):
        block = with_field(block, name, change)
    block = with_field(block, "source", partial(_source, role, visit))
    return with_field(block, "content", partial(_content, role, visit))


def _source(role: str, visit: Visitor, source: Any) -> Any:
    if isinstance(source, dict) and source.get("type") == "text":
        return with_field(source, "data", text_of_role(role, visit))
    return with_field(source, "content", partial(_content, role, visit))
