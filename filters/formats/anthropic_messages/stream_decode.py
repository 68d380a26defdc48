"""A provider's stream, read into events. Malformed input becomes a `Failure`, never an exception."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

import orjson

from filters.context import Json
from filters.formats.anthropic_messages.blocks_decode import BlocksDecoder
from filters.formats.anthropic_messages.errors import read_error
from filters.formats.anthropic_messages.usage import Tally
from filters.formats.canonical.events import End, Event, Failure, Finish, FinishReason, Ping, Start
from filters.formats.canonical.nesting import load_json
from filters.formats.sse import SseEvent

_REASONS: Final = {
    "end_turn": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "tool_use": FinishReason.TOOL_CALLS,
    "pause_turn": FinishReason.PAUSE,
    "refusal": FinishReason.CONTENT_FILTER,
}


class StreamDecoder:
    """Reads the events of a stream. Unknown ones mean nothing; what is sent twice (start, stop) counts once."""

    def __init__(self) -> None:
        self._started = False
        self._over = False
        self.settled = False
        self._reason: str | None = None
        self._stop_sequence: str | None = None
        self._blocks = BlocksDecoder()
        self._tally = Tally()

    def feed(self, event: SseEvent) -> Iterable[Event]:
        """Take one event of the wire and give the neutral events that it means."""
        if self._over:
            return ()
        try:
            data = load_json(event.data)
        except orjson.JSONDecodeError:
            return () if event.data == b"[DONE]" else self._fail("the provider sent an event that is not JSON")
        if not isinstance(data, dict):
            return self._fail("the provider sent an event that is not an object")
        return self.read(data, event.event)

    def read(self, data: Json, name: str = "") -> Iterable[Event]:
        """Take one parsed event; `name` counts where its data has no type."""
        kind = data.get("type")
        handler = self._HANDLERS.get(kind if isinstance(kind, str) else name)
        if handler is None or self._over:
            return ()
        return handler(self, data)

    def close(self) -> Iterable[Event]:
        """Take the end of the stream, which is a failure unless the answer said why it ended."""
        if self.settled and not self._over:
            return self._stop({})
        return () if self._over else self._fail("the provider's stream ended before the answer was complete")

    def _fail(self, message: str) -> Iterable[Event]:
        self._over = True
        return (Failure(502, message, kind="api_error"),)

    def _error(self, data: Json) -> Iterator[Event]:
        self._over = True
        yield read_error(data)

    def _ping(self, _data: Json) -> Iterator[Event]:
        yield Ping()

    def _start(self, data: Json) -> Iterator[Event]:
        message = data.get("message")
        found: Json = message if isinstance(message, dict) else {}
        if not self._started:
            self._started = True
            yield Start(str(found.get("id") or ""), str(found.get("model") or ""))
        yield from self._usage(found.get("usage"))

    def _usage(self, usage: Any) -> Iterator[Event]:
        merged = self._tally.merge(usage)
        if merged is not None:
            yield merged

    def _block_start(self, data: Json) -> Iterator[Event]:
        yield from self._begin()
        yield from self._blocks.start(_index(data), data.get("content_block"))

    def _delta(self, data: Json) -> Iterator[Event]:
        if not self._started:
            yield from self._begin()
        yield from self._blocks.delta(_index(data), data.get("delta"))

    def _block_stop(self, data: Json) -> Iterator[Event]:
        yield from self._blocks.stop(_index(data))

    def _begin(self) -> Iterator[Event]:
        """Start an answer whose server never said so."""
        if not self._started:
            yield from self._start({})

    def _message_delta(self, data: Json) -> Iterator[Event]:
        delta = data.get("delta")
        if isinstance(delta, dict) and isinstance(reason := delta.get("stop_reason"), str):
            self._reason = reason
            self.settled = True
            sequence = delta.get("stop_sequence")
            self._stop_sequence = sequence if isinstance(sequence, str) else None
        yield from self._usage(data.get("usage"))

    def _stop(self, _data: Json) -> Iterator[Event]:
        if not self._started:
            yield from self._fail("the provider's stream ended before the answer began")
            return
        self._over = True
        yield from self._blocks.stop_all()
        yield Finish(self._finish_reason(), self._stop_sequence)
        yield End()

    def _finish_reason(self) -> FinishReason:
        """Return the reason given; an answer that called tools and simply ended, or that gives none, ended for them."""
        reason = _REASONS.get(self._reason or "", FinishReason.STOP)
        return FinishReason.TOOL_CALLS if reason is FinishReason.STOP and self._blocks.tools else reason

    _HANDLERS: ClassVar[Mapping[str, Callable[["StreamDecoder", Json], Iterator[Event]]]] = {
        "content_block_delta": _delta,
        "content_block_start": _block_start,
        "content_block_stop": _block_stop,
        "message_start": _start,
        "message_delta": _message_delta,
        "message_stop": _stop,
        "ping": _ping,
        "error": _error,
    }


def _index(data: Json) -> int | None:
    index = data.get("index")
    return index if isinstance(index, int) else None
