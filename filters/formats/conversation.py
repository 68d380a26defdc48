"""What tells an agent's requests apart from a person's: tool loops, the identity of a turn, signed reasoning.

An agent sends the same conversation again with each tool result. Such a continuation asks nothing new, and the vendor
that signed the reasoning in it is the only one that can go on from there.
"""

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Final

import orjson

from filters.context import ChatRequest, Json, WireFormat
from filters.formats.agents.boilerplate import spoken
from filters.formats.canonical.seal import ANTHROPIC, OPENAI, opened
from filters.formats.shapes import SHAPES

_CHAT, _MESSAGES, _RESPONSES = WireFormat.OPENAI_CHAT, WireFormat.ANTHROPIC_MESSAGES, WireFormat.OPENAI_RESPONSES
_PROOFS: Final = (b'"signature"', b'"redacted_thinking"', b'"encrypted_content"')
_SYSTEM_ROLES: Final = frozenset({"system", "developer"})
_TOOL_ROLES: Final = frozenset({"tool", "function"})
_DIGEST_BYTES: Final = 16


def is_continuation(chat: ChatRequest) -> bool:
    """Tell whether the newest thing in the conversation is a tool's result, with nothing said by the user since."""
    return next(_NEWEST[chat.format](chat.body), None) == "result"


def turn_identity(chat: ChatRequest, *scope: Any) -> str:
    """Return a digest of the turn that a request belongs to, the same for each step of its tool loop.

    It covers `scope` (whatever JSON can say), the system prompt, the tools, and the user's first and last words.
    Nothing can be read from it.
    """
    said = [turn.text for turn in SHAPES[chat.format].turns(chat.body) if turn.role == "user"]
    parts = (scope, _system(chat), chat.body.get("tools"), said[-1:], said[:1])
    return blake2b(orjson.dumps(parts), digest_size=_DIGEST_BYTES).hexdigest()


def reasoning_vendor(chat: ChatRequest) -> str | None:
    """Return who signed the newest reasoning in the conversation (`anthropic` or `openai`), None where nobody did."""
    if not any(proof in chat.raw for proof in _PROOFS):
        return None
    return next(_SIGNERS[chat.format](chat.body), None)


def _system(chat: ChatRequest) -> Any:
    if chat.format is _CHAT:
        return [message.get("content") for message in chat.body["messages"] if message["role"] in _SYSTEM_ROLES]
    return chat.body.get("system" if chat.format is _MESSAGES else "instructions")


def _newest_in_chat(body: Json) -> Iterator[str]:
    """Give `result`, `user` or `assistant` for each message that says something, newest first."""
    for message in reversed(body["messages"]):
        role = message["role"]
        if role in _TOOL_ROLES:
            yield "result"
        elif role == "assistant" or (role == "user" and _speaks(message.get("content"))):
            yield role


def _newest_in_messages(body: Json) -> Iterator[str]:
    for message in reversed(body["messages"]):
        content = message.get("content")
        if message["role"] == "assistant":
            yield "assistant"
        elif _speaks(content):
            yield "user"
        elif any(part["type"] == "tool_result" for part in _parts(content)):
            yield "result"


def _newest_in_responses(body: Json) -> Iterator[str]:
    for item in reversed(_items(body)):
        kind = item.get("type") or "message"
        if kind.endswith("_call_output"):
            yield "result"
        elif kind != "message" or item.get("role") == "assistant":
            yield "assistant"
        elif item.get("role") == "user" and _speaks(item.get("content")):
            yield "user"


def _speaks(content: Any) -> bool:
    """Tell whether a user's content holds anything of the user's own: words, or whatever is neither text nor result."""
    if isinstance(content, str):
        return bool(spoken(content))
    return any(_is_own(part) for part in _parts(content))


def _is_own(part: Json) -> bool:
    text = part.get("text")
    return bool(spoken(text)) if isinstance(text, str) else part["type"] != "tool_result"


def _signers_in_messages(body: Json) -> Iterator[str]:
    for message in reversed(body["messages"]):
        for part in _parts(message.get("content")):
            proof = part.get("signature") or (part.get("data") if part["type"] == "redacted_thinking" else None)
            if isinstance(proof, str) and proof:
                yield opened(proof, ANTHROPIC).origin


def _signers_in_responses(body: Json) -> Iterator[str]:
    for item in reversed(_items(body)):
        proof = item.get("encrypted_content") if item.get("type") == "reasoning" else None
        if isinstance(proof, str) and proof:
            yield opened(proof, OPENAI).origin


def _parts(content: Any) -> list[Json]:
    return content if isinstance(content, list) else []


def _items(body: Json) -> list[Json]:
    given = body.get("input")
    return given if isinstance(given, list) else []


_NEWEST: Final[Mapping[WireFormat, Callable[[Json], Iterator[str]]]] = MappingProxyType(
    {_CHAT: _newest_in_chat, _MESSAGES: _newest_in_messages, _RESPONSES: _newest_in_responses}
)
# Chat Completions has no place for a proof.
_SIGNERS: Final[Mapping[WireFormat, Callable[[Json], Iterator[str]]]] = MappingProxyType(
    {_CHAT: lambda _: iter(()), _MESSAGES: _signers_in_messages, _RESPONSES: _signers_in_responses}
)
