"""The tool calls of an answer, put together from the pieces in which servers send them.

OpenAI gives every call an `index`, its `id` and name first and its arguments in pieces. Others leave the index out or
use one for all calls, send arguments before the name, repeat the name in every piece, give no id or no arguments.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import orjson

from filters.context import Json
from filters.formats.canonical.events import Event, Signature, ToolArgs, ToolEnd, ToolStart
from filters.formats.canonical.nesting import load_json
from filters.formats.canonical.seal import GOOGLE
from filters.formats.openai_chat.malformed import MalformedError, listed, mapping, text


class _Call:
    """One call: `pieces` are its arguments so far, of which the caller knows nothing until it has `started`."""

    __slots__ = ("custom", "id", "key", "name", "pieces", "signature", "started")

    def __init__(self, key: int) -> None:
        self.key = key
        self.id = ""
        self.name = ""
        self.custom = False
        self.pieces: list[str] = []
        self.signature = ""
        self.started = False

    def start(self) -> Iterator[Event]:
        self.started = True
        yield from self.signed()
        yield ToolStart(self.key, self.id, self.name, self.custom)
        if self.pieces:
            yield ToolArgs(self.key, "".join(self.pieces))

    def signed(self) -> Iterator[Event]:
        """Give the signature, once."""
        if self.signature:
            yield Signature(GOOGLE, self.signature, redacted=True, id=self.id)
            self.signature = ""

    def is_followed_by(self, ident: str, name: str, arguments: str) -> bool:
        """Tell whether a piece of the same index begins another call."""
        if not name or not self.name:
            return False
        if ident and self.id:
            return ident != self.id
        return name != self.name or (bool(arguments) and _is_object("".join(self.pieces)))


class ToolCalls:
    """All calls of one answer. They stay open until the answer ends, for nothing else says that one is complete."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}

    def __bool__(self) -> bool:
        return any(call.started for call in self._calls)

    def feed(self, entries: Sequence[Any]) -> Iterator[Event]:
        """Take the `tool_calls` of a delta. Raises MalformedError."""
        for entry in entries:
            yield from self._feed(mapping(entry, "a tool call"))

    def close(self) -> Iterator[Event]:
        """Start what waited for its id, give empty arguments where none came, and end all. Raises MalformedError."""
        for call in self._calls:
            if not call.started:
                if not call.name:
                    raise MalformedError("a tool call without a name")
                call.id = call.id or f"call_{uuid4().hex[:24]}"
                yield from call.start()
            if not call.pieces and not call.custom:
                yield ToolArgs(call.key, "{}")
            yield ToolEnd(call.key)

    def _feed(self, entry: Json) -> Iterator[Event]:
        custom = bool(entry.get("custom"))
        said = mapping(entry.get("custom" if custom else "function") or {}, "a tool call")
        ident, name = text(entry.get("id")), text(said.get("name"))
        arguments = _arguments(said.get("input" if custom else "arguments"))
        call = self._find(entry.get("index"), ident, name, arguments)
        call.id, call.name, call.custom = call.id or ident, call.name or name, call.custom or custom
        call.signature = call.signature or _signature(entry)
        if arguments:
            call.pieces.append(arguments)
        if not call.started and call.id and call.name:
            yield from call.start()
        elif call.started:
            yield from call.signed()
            if arguments:
                yield ToolArgs(call.key, arguments)

    def _find(self, index: Any, ident: str, name: str, arguments: str) -> _Call:
        if isinstance(index, int):
            call = self._by_index.get(index)
        else:
            index = None
            call = self._last(ident)
        if call is None or call.is_followed_by(ident, name, arguments):
            call = _Call(len(self._calls))
            self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def _last(self, ident: str) -> _Call | None:
        """Return the call that a piece without an index belongs to: that of its id, else the latest."""
        same = (call for call in self._calls if ident and call.id == ident)
        return next(same, self._calls[-1] if self._calls else None)


def _signature(entry: Json) -> str:
    """Return Gemini's signature of a call."""
    extra = entry.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return signature if isinstance(signature, str) else ""


def _arguments(value: Any) -> str:
    """Return a piece of arguments; some servers send the object itself instead of its JSON."""
    return orjson.dumps(value).decode() if isinstance(value, dict) else text(value)


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(load_json(arguments), dict)
    except orjson.JSONDecodeError:
        return False


def legacy(function_call: Any) -> list[Json]:
    """Return a `function_call`, the single call of older servers, as `tool_calls`."""
    return [{"index": 0, "function": function_call}]


def numbered(entries: Any) -> list[Json]:
    """Return the `tool_calls` of a whole answer, each of which is a call of its own, as those of a stream."""
    return [
        {**mapping(entry, "a tool call"), "index": index} for index, entry in enumerate(listed(entries, "tool_calls"))
    ]
