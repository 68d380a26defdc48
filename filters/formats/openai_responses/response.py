"""The `response` object: what the client asked for, repeated, and what became of it."""

import time
import uuid
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.events import FinishReason, Start
from filters.formats.canonical.request import Request

_DEFAULTS: Final[Json] = {
    "background": False,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "service_tier": None,
    "store": False,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": None,
    "truncation": "disabled",
    "usage": None,
    "user": None,
}
_INCOMPLETE: Final = {
    FinishReason.LENGTH: "max_output_tokens",
    FinishReason.CONTENT_FILTER: "content_filter",
}
_UNIQUE: Final = 16
"""So many letters of a provider's id are taken to make it unique; some servers number their answers."""
_LONGEST: Final = 50
"""OpenAI takes ids of 64 characters, which an item's kind and place must fit in too."""


def begin(start: Start, request: Request) -> Json:
    """Return the response as it stands before the first item."""
    return {
        "id": f"resp_{_stem(start.id)}",
        "object": "response",
        "created_at": start.created or int(time.time()),
        "status": "in_progress",
        "model": start.model or request.model,
        "output": [],
        **_DEFAULTS,
        **request.echo,
        "text": {**_DEFAULTS["text"], **request.echo.get("text", {})},
    }


def status_of(reason: FinishReason) -> str:
    """Return how an answer ended that stopped for this reason."""
    return "incomplete" if reason in _INCOMPLETE else "completed"


def end(response: Json, output: list[Json], usage: Json | None, reason: FinishReason) -> None:
    """Make the response what it is at the end."""
    incomplete = _INCOMPLETE.get(reason)
    response["status"] = status_of(reason)
    response["incomplete_details"] = {"reason": incomplete} if incomplete else None
    response["output"] = output
    response["usage"] = usage


def _stem(provider_id: str) -> str:
    letters = "".join(letter for letter in provider_id.rpartition("_")[2] if letter.isalnum() and letter.isascii())
    return letters[-_LONGEST:] if len(letters) >= _UNIQUE else uuid.uuid4().hex


def logprobs_list(logprobs: Any) -> list[Json]:
    """Return log probabilities, which Chat Completions has in the same form but for bytes that may be null."""
    entries = _entries(logprobs)
    return [
        _logprob(entry) | {"top_logprobs": [_logprob(top) for top in _entries(entry.get("top_logprobs"))]}
        for entry in entries
    ]


def _entries(logprobs: Any) -> list[Json]:
    return [entry for entry in logprobs if isinstance(entry, dict)] if isinstance(logprobs, list) else []


def _logprob(entry: Json) -> Json:
    return {"token": entry.get("token"), "bytes": entry.get("bytes") or [], "logprob": entry.get("logprob")}
