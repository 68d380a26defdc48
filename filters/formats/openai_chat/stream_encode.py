"""The stream of an answer, written for a caller of Chat Completions."""

from typing import Final

import orjson

from filters.context import Json
from filters.formats.canonical.events import End, Event, Failure, Finish, Ping, TextDelta
from filters.formats.canonical.request import Request
from filters.formats.openai_chat.deltas import Deltas, logprobs_of
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
            logprobs = logprobs_of(event) if isinstance(event, TextDelta) else None
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


def _choice(delta: Json, logprobs: Json | None, finish_reason: str | None) -> Json:
    return {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
