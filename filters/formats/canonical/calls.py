"""Calls and their results in a conversation, brought into the order and under the ids that every provider takes.

Providers want each call to have an id of its own, its results at once after the message that makes the calls, and
neither a call without a result nor a result without a call. Clients send other things: two user turns of results, a
message of the user's in between (steering), ids that begin anew in each answer, a call that was interrupted.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from filters.formats.canonical.request import Message, Part, Text, ToolCall, ToolResult

_UNANSWERED: Final = "The call was interrupted and has no result."
_ORPHAN: Final = "The result of a tool call that is no longer in the conversation:"
_LOST_RESULT: Final = "a call without a result gets one that says so"
_LOST_CALL: Final = "a result without its call is sent as text"


def settled(messages: Sequence[Message], id_of: Callable[[str], str], warnings: list[str]) -> Sequence[Message]:
    """Return the messages in that order; those given where they are in it already.

    `id_of` gives the id that a provider takes for any id, the same for the same every time.
    """
    if _is_settled(messages, id_of):
        return messages
    return _paired(_identified(messages, id_of), warnings)


def _is_settled(messages: Sequence[Message], id_of: Callable[[str], str]) -> bool:
    taken: set[str] = set()
    open_calls: set[str] = set()
    for message in messages:
        results = [part.id for part in message.parts if isinstance(part, ToolResult)]
        if len(results) > len(open_calls) or set(results) != open_calls:
            return False
        calls = [part.id for part in message.parts if isinstance(part, ToolCall)]
        open_calls = set(calls)
        if calls and (len(open_calls) < len(calls) or open_calls & taken or any(id_of(i) != i for i in open_calls)):
            return False
        taken |= open_calls
    return True


def _identified(messages: Sequence[Message], id_of: Callable[[str], str]) -> list[Message]:
    """Give each call an id of its own, and its result the same."""
    ids = PairedIds(id_of)
    return [replace(message, parts=[_renamed(part, ids) for part in message.parts]) for message in messages]


def _renamed(part: Part, ids: "PairedIds") -> Part:
    if not isinstance(part, ToolCall | ToolResult):
        return part
    new = ids.call(part.id) if isinstance(part, ToolCall) else ids.result(part.id)
    return part if new == part.id else replace(part, id=new)


class PairedIds:
    """The ids of a conversation, read in order. Results of calls that share an id are matched in order.

    `id_of` gives the id that a provider takes for any id, the same for the same every time.
    """

    def __init__(self, id_of: Callable[[str], str]) -> None:
        self._id_of = id_of
        self._taken: set[str] = set()
        self._waiting: dict[str, deque[str]] = defaultdict(deque)
        self._latest: dict[str, str] = {}

    def call(self, given: str) -> str:
        """Return the id of the next call, which no call before it has."""
        new = self._fresh(given)
        self._waiting[given].append(new)
        self._latest[given] = new
        return new

    def result(self, given: str) -> str:
        """Return the id of the call that the next result answers."""
        queue = self._waiting[given]
        return queue.popleft() if queue else self._latest.get(given) or self._id_of(given)

    def _fresh(self, given: str) -> str:
        new, number = self._id_of(given), 1
        while new in self._taken:
            number += 1
            new = self._id_of(f"{given}_{number}")
        self._taken.add(new)
        return new


def _paired(messages: Sequence[Message], warnings: list[str]) -> list[Message]:
    """Put the results of each message's calls into one user message after it."""
    waiting = _results(messages)
    paired: list[Message] = []
    for index, message in enumerate(messages):
        calls = [part for part in message.parts if isinstance(part, ToolCall)]
        rest: list[Part] = [part for part in message.parts if not isinstance(part, ToolResult)]
        orphans = [part for part in message.parts if isinstance(part, ToolResult) and part.id in waiting]
        if orphans and not calls:
            warnings.append(_LOST_CALL)
            rest = [part for orphan in orphans for part in _as_text(waiting.pop(orphan.id))] + rest
        if rest:
            _append(paired, Message(message.role, rest))
        if calls:
            answered = any(call.id in waiting for call in calls)
            if answered or index + 1 < len(messages):
                paired.append(Message("user", [_answer(call, waiting.pop(call.id, None), warnings) for call in calls]))
    return paired


def _results(messages: Sequence[Message]) -> dict[str, ToolResult]:
    """Return the results by the ids of their calls; of several for one call, the last."""
    return {part.id: part for message in messages for part in message.parts if isinstance(part, ToolResult)}


def _answer(call: ToolCall, result: ToolResult | None, warnings: list[str]) -> ToolResult:
    if result is not None:
        return result
    warnings.append(_LOST_RESULT)
    return ToolResult(call.id, [Text(_UNANSWERED)], is_error=True, custom=call.custom)


def _as_text(result: ToolResult) -> list[Part]:
    return [Text(_ORPHAN), *result.content]


def _append(paired: list[Message], message: Message) -> None:
    """Add a message; what the user says after results belongs to the same turn."""
    last = paired[-1] if paired else None
    if message.role == "user" and last is not None and isinstance(last.parts[-1], ToolResult):
        paired[-1] = replace(last, parts=[*last.parts, *message.parts])
    else:
        paired.append(message)
