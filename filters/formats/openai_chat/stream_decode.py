"""A server's stream, read into events.

What malformed input cannot give becomes a `Failure`, and so does a stream that ends before it said why: a cut is never
a clean end.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from filters.context import Json
from filters.formats.canonical.events import (
    Annotation,
    End,
    Event,
    Failure,
    Finish,
    FinishReason,
    Start,
    TextDelta,
    ThinkingDelta,
    Usage,
)
from filters.formats.canonical.nesting import load_json
from filters.formats.openai_chat.errors import is_failure, read_error
from filters.formats.openai_chat.malformed import MalformedError, integer, listed, mapping, text
from filters.formats.openai_chat.reasoning_details import Details
from filters.formats.openai_chat.tool_calls import ToolCalls, legacy
from filters.formats.openai_chat.usage import decode_usage
from filters.formats.sse import SseEvent

_DONE: Final = b"[DONE]"
_REASONS: Final = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,  # Mistral
    "content_filter": FinishReason.CONTENT_FILTER,
    "sensitive": FinishReason.CONTENT_FILTER,  # GLM
}
_BROKEN: Final = frozenset({"error", "abort", "network_error", "insufficient_system_resource"})
"""What OpenRouter, vLLM, GLM and DeepSeek give as the reason where the answer broke off."""


class StreamDecoder:
    """Reads the events of one streamed answer."""

    def __init__(self) -> None:
        self._started = False
        self._over = False
        self._tools = ToolCalls()
        self._details = Details()
        self._thinks = self._plain = False
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._stop_sequence: str | None = None
        self.settled = False

    def feed(self, event: SseEvent) -> Iterable[Event]:
        """Take one event of the wire and give the neutral events that it means."""
        if self._over:
            return ()
        if event.data.strip() == _DONE:
            return self._guarded(self._end(told=True))
        try:
            chunk = load_json(event.data)
        except orjson.JSONDecodeError:
            return (self._broken("an event that is not JSON"),)
        if event.event == "error":
            return (self._failed(chunk),)
        return self.read(chunk)

    def close(self) -> Iterable[Event]:
        """Take the end of the stream: `End` if the answer was complete, else `Failure`."""
        return () if self._over else self._guarded(self._end(told=False))

    def finish(self) -> Iterable[Event]:
        """Take the word that nothing is missing: a whole answer was read, or `[DONE]`."""
        return () if self._over else self._guarded(self._end(told=True))

    def read(self, chunk: Any) -> Iterable[Event]:
        """Take one chunk."""
        return self._guarded(self._chunk(chunk))

    def _guarded(self, events: Iterator[Event]) -> list[Event]:
        """Return the events, up to where the input turns out to be malformed."""
        given: list[Event] = []
        try:
            given.extend(events)
        except MalformedError as error:
            given.append(self._broken(str(error)))
        return given

    def _broken(self, what: str) -> Failure:
        self._over = True
        return Failure(502, f"the provider sent {what}", "api_error")

    def _failed(self, error: Any) -> Failure:
        self._over = True
        return read_error(error)

    def _chunk(self, chunk: Any) -> Iterator[Event]:
        chunk = mapping(chunk, "an event")
        if is_failure(chunk):
            yield self._failed(chunk)
            return
        self._count(chunk)
        for choice in listed(chunk.get("choices"), "choices"):
            if mapping(choice, "a choice").get("index", 0) == 0:
                if not self._started:
                    yield self._start(chunk)
                yield from self._choice(choice)

    def _start(self, chunk: Json) -> Start:
        self._started = True
        return Start(text(chunk.get("id")), text(chunk.get("model")), integer(chunk.get("created")) or 0)

    def _count(self, holder: Json) -> None:
        usage = holder.get("usage") or _groq(holder)
        if usage:
            later = decode_usage(mapping(usage, "usage"))
            self._usage = self._usage.updated(later) if self._usage else later

    def _choice(self, choice: Json) -> Iterator[Event]:
        delta = choice.get("delta") or choice.get("message")
        if delta:
            yield from self._delta(mapping(delta, "a delta"), choice.get("logprobs"))
        reason = choice.get("finish_reason")
        if reason is not None:
            self._reason = text(reason)
            self.settled = True
            met = choice.get("stop_reason")  # vLLM: the stop string that was met
            self._stop_sequence = met if isinstance(met, str) else None
        if choice.get("usage"):  # Moonshot
            self._count(choice)

    def _delta(self, delta: Json, logprobs: Any) -> Iterator[Event]:
        yield from self._thinking(delta)
        content = delta.get("content")
        if isinstance(content, list):
            yield from _parts(content)
        elif content or _logprobs(logprobs, "content"):
            yield TextDelta(text(content), logprobs=_logprobs(logprobs, "content"))
        if refusal := text(delta.get("refusal")):
            yield TextDelta(refusal, refusal=True, logprobs=_logprobs(logprobs, "refusal"))
        if calls := delta.get("tool_calls"):
            yield from self._tools.feed(listed(calls, "tool_calls"))
        elif call := delta.get("function_call"):
            yield from self._tools.feed(legacy(call))
        if annotations := delta.get("annotations"):
            yield from _annotations(listed(annotations, "annotations"))

    def _thinking(self, delta: Json) -> Iterator[Event]:
        shown = self._details.feed(listed(delta.get("reasoning_details"), "reasoning_details"))
        plain = delta.get("reasoning_content") or delta.get("reasoning")
        self._plain = self._plain or bool(plain)
        if thinking := plain or (shown if not self._plain else ""):
            self._thinks = True
            yield ThinkingDelta(text(thinking))
        if delta.get("content") or delta.get("tool_calls"):
            yield from self._proof()

    def _proof(self) -> Iterator[Event]:
        """End the thinking that is open, with the details that prove it."""
        if self._details:
            yield self._details.sealed(redacted=not self._thinks)
        self._thinks = False

    def _end(self, *, told: bool) -> Iterator[Event]:
        """End the answer, if it said why it stopped or that it is done."""
        if not self._started:
            yield self._broken("no answer")
            return
        if self._reason in _BROKEN or not (told or self._reason):
            yield self._broken("an answer that broke off")
            return
        yield from self._proof()
        yield from self._tools.close()
        if self._usage:
            yield self._usage
        yield self._finish()
        self._over = True
        yield End()

    def _finish(self) -> Finish:
        reason = _REASONS.get(self._reason or "", FinishReason.STOP)
        if reason is not FinishReason.STOP:
            return Finish(reason)
        if self._tools:
            return Finish(FinishReason.TOOL_CALLS)
        if self._stop_sequence is not None:
            return Finish(FinishReason.STOP_SEQUENCE, self._stop_sequence)
        return Finish(FinishReason.STOP)


def _groq(chunk: Json) -> Any:
    extra = chunk.get("x_groq")
    return extra.get("usage") if isinstance(extra, dict) else None


def _logprobs(logprobs: Any, name: str) -> Any:
    return logprobs.get(name) if isinstance(logprobs, dict) else None


def _parts(content: list[Any]) -> Iterator[Event]:
    """Read the content of Mistral's thinking models: a list of parts."""
    for part in content:
        kind = mapping(part, "a part").get("type")
        if kind == "text":
            yield TextDelta(text(part.get("text")))
        elif kind == "thinking":
            for piece in listed(part.get("thinking"), "thinking"):
                yield ThinkingDelta(text(mapping(piece, "thinking").get("text")))


def _annotations(annotations: list[Any]) -> Iterator[Event]:
    for annotation in annotations:
        raw = mapping(annotation, "an annotation")
        cited = mapping(raw.get("url_citation") or {}, "a citation")
        start, end = integer(cited.get("start_index")), integer(cited.get("end_index"))
        yield Annotation(text(cited.get("url")) or None, text(cited.get("title")) or None, start, end, raw)
