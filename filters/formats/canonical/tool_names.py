"""Names of tools that a provider takes, in place of those that it does not.

OpenAI and most servers take 64 letters, digits, `_` and `-`; Gemini wants the first to be a letter or `_`. A name that
breaks the rule is replaced everywhere in the request (tools, choice, earlier calls), and put back in the answer.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from filters.formats.canonical.request import Message, Part, Request, ToolCall

_ALLOWED: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]*")
_NOT_ALLOWED: Final = re.compile(r"[^a-zA-Z0-9_-]")
_DIGEST: Final = 8
_HEAD: Final = 16
"""So many letters of the beginning are kept of a name that is too long; the others are of its end."""


def renamed(request: Request, limit: int) -> tuple[Request, Mapping[str, str]]:
    """Return the request under names of at most `limit` characters, and the caller's names by what they became."""
    new = allowed_names(dict.fromkeys(_names(request)), limit)
    if not new:
        return request, {}
    return _with_names(request, new), {short: name for name, short in new.items()}


def allowed_names(names: Collection[str], limit: int) -> dict[str, str]:
    """Return those of the names that break the rule, with what stands for each; no two names become one."""
    odd = [name for name in names if len(name) > limit or not _ALLOWED.fullmatch(name)]
    taken = set(names).difference(odd)
    new: dict[str, str] = {}
    for name in odd:
        new[name] = _allowed(name, limit, taken)
        taken.add(new[name])
    return new


def plain(name: str, limit: int) -> str:
    """Return a name that follows the rule, for what nobody needs to recognise, such as an output format's."""
    return name if len(name) <= limit and _ALLOWED.fullmatch(name) else _allowed(name, limit, frozenset())


def _names(request: Request) -> Iterable[str]:
    yield from (tool.name for tool in request.tools)
    if request.tool_choice and request.tool_choice.name:
        yield request.tool_choice.name
    for message in request.messages:
        yield from (part.name for part in message.parts if isinstance(part, ToolCall))


def _allowed(name: str, limit: int, taken: Iterable[str]) -> str:
    clean = _NOT_ALLOWED.sub("_", name)
    if not clean[:1].isalpha():
        clean = f"_{clean.lstrip('-')}"
    if len(clean) <= limit and clean not in taken:
        return clean
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]
    room = limit - _DIGEST - 1
    if len(clean) > room:
        clean = f"{clean[:_HEAD]}_{clean[_HEAD + 1 - room :]}"
    return f"{clean}_{digest}"


def _with_names(request: Request, new: Mapping[str, str]) -> Request:
    choice = request.tool_choice
    if choice and choice.name:
        choice = replace(choice, name=new.get(choice.name, choice.name))
    return replace(
        request,
        tools=[replace(tool, name=new[tool.name]) if tool.name in new else tool for tool in request.tools],
        tool_choice=choice,
        messages=_messages(request.messages, new),
    )


def _messages(messages: Sequence[Message], new: Mapping[str, str]) -> list[Message]:
    def part_of(part: Part) -> Part:
        return replace(part, name=new[part.name]) if isinstance(part, ToolCall) and part.name in new else part

    return [
        replace(message, parts=[part_of(part) for part in message.parts]) if message.role == "assistant" else message
        for message in messages
    ]
