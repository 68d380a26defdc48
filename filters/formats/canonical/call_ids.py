"""Ids of tool calls: such as a provider takes, and such as a caller can tell apart."""

import hashlib
from collections.abc import Callable
from functools import partial
from uuid import uuid4

from filters.formats.canonical.idents import call_id
from filters.formats.canonical.request import Request, ToolCall


def shortened(ident: str, limit: int) -> str:
    """Return an id of at most `limit` characters, the same for the same id every time."""
    if ident and len(ident) <= limit:
        return ident
    return f"call_{hashlib.sha256(ident.encode()).hexdigest()[: limit - 5]}"


def id_rule(length: int | None, limit: int) -> Callable[[str], str]:
    """Return the rule of a provider: exactly `length` letters and digits where that is set, else at most `limit`."""
    return partial(call_id, length=length) if length else partial(shortened, limit=limit)


class CallIds:
    """The ids under which the calls of an answer are told to its caller.

    Some servers give no ids, the same one twice, or count anew in each answer, while clients pair calls with results by
    id. An id that is missing or stands in the conversation already is replaced.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._taken: set[str] | None = None

    def told(self, given: str, prefix: str = "call_") -> str:
        """Return the id for a call that the provider calls `given`."""
        if self._taken is None:
            parts = (part for message in self._request.messages for part in message.parts)
            self._taken = {part.id for part in parts if isinstance(part, ToolCall)}
        ident = given if given and given not in self._taken else f"{prefix}{uuid4().hex[:24]}"
        self._taken.add(ident)
        return ident
