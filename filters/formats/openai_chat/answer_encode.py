"""An answer, written for a caller of Chat Completions, streamed or whole.

Both are made of the same deltas: a stream sends each in a chunk, and a whole answer is their sum.
"""

from collections.abc import Iterable
from typing import Final

import orjson

from filters.context import Json
from filters.formats.canonical.events import End, Event, Failure, Finish, Ping, TextDelta
from filters.formats.canonical.request import Request
from filters.formats.openai_chat.deltas import Deltas
from filters.formats.openai_chat.errors import encode_error
from filters.formats.openai_chat.usage import encode_usage
from filters.formats.sse import frame

_PING: Final = b": ping\n\n"
_DONE: Final = b"data: [DONE]\n\n"


class StreamEncoder:
    """Writes the chunks of one answer. The chunk with the usage is sent only where the caller asked for it."""

    def __init__(self, request: Request) -> None:
        self._deltas = Deltas(request)
        self._include_usage = request.include_usage
        self._head: Json = {}

    def feed(self, event: Event) -> bytes:
        """Take one neutral event and give the bytes to send."""
        delta = self._deltas.feed(event)
        if delta is not None:
            logprobs = _logprobs(event) if isinstance(event, TextDelta) else None
            return self._chunk(_choice(delta, logprobs, None))
        if isinstance(event, Finish):
            return self._chunk(_choice({}, None, self._deltas.finish_reason))
        if isinstance(event, End):
            return self._last() + _DONE
        if isinstance(event, Failure):
            return frame("", orjson.dumps(encode_error(event)))
        return _PING if isinstance(event, Ping) else b""

    def _chunk(self, *choices: Json, usage: Json | None = None) -> bytes:
        head = self._head or self._make_head()
        chunk = {**head, "choices": choices}
        if self._include_usage:
            chunk["usage"] = usage
        return frame("", orjson.dumps(chunk))

    def _make_head(self) -> Json:
        deltas = self._deltas
        self._head = {
            "id": deltas.id,
            "object": "chat.completion.chunk",
            "created": deltas.created,
            "model": deltas.model,
        }
        return self._head

    def _last(self) -> bytes:
        return self._chunk(usage=encode_usage(self._deltas.usage)) if self._include_usage else b""


def encode_answer(events: Iterable[Event], request: Request) -> Json:
    """Write a whole answer. Raises ValueError on a `Failure`, which has a shape of its own (`encode_error`)."""
    deltas, message = Deltas(request), _Message()
    for event in events:
        if isinstance(event, Failure):
            raise ValueError("a failure is not an answer")  # noqa: TRY004  # its value is wrong, not its type
        delta = deltas.feed(event)
        if delta is not None:
            message.add(delta, event)
    choice = {
        "index": 0,
        "message": message.whole(),
        "logprobs": message.logprobs or None,
        "finish_reason": deltas.finish_reason,
    }
    return {
        "id": deltas.id,
        "object": "chat.completion",
        "created": deltas.created,
        "model": deltas.model,
        "choices": [choice],
        "usage": encode_usage(deltas.usage),
    }


class _Message:
    """The sum of deltas."""

    def __init__(self) -> None:
        self.logprobs: Json = {}
        self._texts: dict[str, list[str]] = {}
        self._calls: list[Json] = []
        self._annotations: list[Json] = []

    def add(self, delta: Json, event: Event) -> None:
        for name in ("content", "refusal", "reasoning_content"):
            if piece := delta.get(name):
                self._texts.setdefault(name, []).append(piece)
        for piece in delta.get("tool_calls", ()):
            self._add_call(piece)
        self._annotations += delta.get("annotations", ())
        if isinstance(event, TextDelta) and (logprobs := _logprobs(event)):
            for name, tokens in logprobs.items():
                self.logprobs[name] = (self.logprobs.get(name) or []) + tokens if tokens else self.logprobs.get(name)

    def whole(self) -> Json:
        message: Json = {"role": "assistant"}
        for name in ("content", "refusal"):
            message[name] = "".join(self._texts[name]) if name in self._texts else None
        if thinking := self._texts.get("reasoning_content"):
            message["reasoning_content"] = "".join(thinking)
        if self._calls:
            message["tool_calls"] = self._calls
        message["annotations"] = self._annotations
        return message

    def _add_call(self, piece: Json) -> None:
        if "id" in piece:
            self._calls.append({name: value for name, value in piece.items() if name != "index"})
            return
        kind, field = ("custom", "input") if "custom" in piece else ("function", "arguments")
        self._calls[piece["index"]][kind][field] += piece[kind][field]


def _choice(delta: Json, logprobs: Json | None, finish_reason: str | None) -> Json:
    return {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}


def _logprobs(event: TextDelta) -> Json | None:
    if not event.logprobs:
        return None
    return (
        {"content": None, "refusal": event.logprobs} if event.refusal else {"content": event.logprobs, "refusal": None}
    )
