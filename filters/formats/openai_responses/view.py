"""The conversation of a Responses body, as those see it who translate nothing. The body must be valid."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from filters.context import Json
from filters.formats.agents.boilerplate import spoken
from filters.formats.canonical.seal import OPENAI, opened
from filters.formats.canonical.texts import Visitor, each, json_text, text_of_role, with_field
from filters.formats.format import Turn

_TEXT_PARTS: Final = frozenset(("input_text", "output_text", "text"))
_MESSAGE: Final = frozenset((None, "message"))
_SPEAKERS: Final = frozenset(("user", "assistant"))
_SYSTEM_ROLES: Final = frozenset(("system", "developer"))


def turns(body: Json) -> Iterator[Turn]:
    """Give the user's and the assistant's messages newest first, lazily; those without text of their own are left out.

    Expects a body that `validate` let pass.
    """
    for item in reversed(_items(body)):
        if item.get("type") in _MESSAGE and item.get("role") in _SPEAKERS:
            text = _text(item.get("content") or "")
            if text:
                yield Turn(item["role"], text)


def _text(content: str | list[Json]) -> str:
    if isinstance(content, str):
        return spoken(content)
    pieces = (spoken(part["text"]) for part in content if part["type"] in _TEXT_PARTS)
    return "\n".join(piece for piece in pieces if piece)


def newest(body: Json) -> Iterator[str]:
    """Give `result`, `user` or `assistant` for each item that says something, newest first."""
    for item in reversed(_items(body)):
        kind = item.get("type") or "message"
        if kind.endswith("_call_output"):
            yield "result"
        elif kind != "message" or item.get("role") == "assistant":
            yield "assistant"
        elif item.get("role") == "user" and _speaks(item.get("content")):
            yield "user"


def _speaks(content: Any) -> bool:
    """Tell whether a user's content holds words of the user's own, or whatever is no text."""
    if isinstance(content, str):
        return bool(spoken(content))
    return any(spoken(part["text"]) if isinstance(part.get("text"), str) else True for part in content or ())


def system(body: Json) -> object:
    """Return the instructions."""
    return body.get("instructions")


def signers(body: Json) -> Iterator[str]:
    """Give who signed the reasoning, newest first."""
    for item in reversed(_items(body)):
        proof = item.get("encrypted_content") if item.get("type") == "reasoning" else None
        if isinstance(proof, str) and proof:
            yield opened(proof, OPENAI).origin


def _items(body: Json) -> list[Json]:
    given = body.get("input")
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return given if isinstance(given, list) else []


def visited(body: Json, visit: Visitor) -> Json:
    """Visit every text that the model will read; reasoning is not looked into, and stays."""
    body = with_field(body, "instructions", text_of_role("system", visit))
    return with_field(body, "input", partial(_input, visit))


def _input(visit: Visitor, given: Any) -> Any:
    if isinstance(given, list):
        return each(given, partial(_item, visit))
    return text_of_role("user", visit)(given)


def _item(visit: Visitor, item: Json) -> Json:
    kind = item.get("type") or "message"
    if kind == "message":
        role = "system" if item.get("role") in _SYSTEM_ROLES else str(item.get("role"))
        return with_field(item, "content", partial(_content, text_of_role(role, visit)))
    if kind.endswith("_output"):
        return with_field(item, "output", partial(_content, text_of_role("tool", visit)))
    change = text_of_role("assistant", visit)
    item = with_field(item, "arguments", json_text(change))
    return with_field(item, "input", change)


def _content(change: Callable[[Any], Any], content: Any) -> Any:
    if isinstance(content, list):
        return each(content, partial(_part, change))
    return change(content)


def _part(change: Callable[[Any], Any], part: Any) -> Any:
    return with_field(with_field(part, "text", change), "refusal", change)
