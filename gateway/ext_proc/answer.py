"""The answer of a provider on its way through Envoy: watched, and changed only where the gateway itself would.

What speaks the caller's format passes, and is read beside that for its usage and its end. What does not, or what a
filter rewrites, goes through the canonical form: a stream frame by frame, a whole answer held until its end. An error
is written anew where the caller's client could not read it. All of it is done by what relays answers in
`gateway.upstream`; only the chunks come from Envoy and go back to it.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from filters.context import ChatRequest, WireFormat
from filters.errors import UpstreamError
from filters.formats.canonical.errors import kind_of
from filters.formats.canonical.events import Event, Failure, Usage
from filters.formats.canonical.nesting import load_json
from filters.formats.canonical.request import Request
from filters.formats.passage import Passage
from filters.formats.registry import FORMATS
from filters.off_loop import off_loop
from filters.windows import dump_json
from gateway.ext_proc.exchange import EXCHANGE, Chunk, Exchange, Head
from gateway.ext_proc.headers import answer_headers
from gateway.ext_proc.messages import Facts
from gateway.telemetry.recording import RECORDING
from gateway.upstream.asking_usage import usage_fields
from gateway.upstream.candidates import Candidate
from gateway.upstream.downstream import EVENT_STREAM
from gateway.upstream.failures import ProviderAnsweredError
from gateway.upstream.network import BAD_GATEWAY
from gateway.upstream.observe import Observer
from gateway.upstream.outbound import asked
from gateway.upstream.relay import JSON, Converter
from gateway.upstream.translation import Reading, Translation
from gateway.upstream.usage_tail import UsageTail
from gateway.upstream.wrapping import is_of_format

_MAX_ERROR: Final = 1024 * 1024
_IDENTITY: Final = frozenset({"", "identity"})
_CUT: Final = "connection_lost"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that has begun in `wire`; `request` is what it answers where it must be translated, None elsewhere."""

    head: Head
    wire: WireFormat
    request: Request | None
    losses: Sequence[str] = ()

    @property
    def readable(self) -> bool:
        """Whether the body can be read: the provider was not told of any content coding, but may use one."""
        return self.head.headers.get(hdrs.CONTENT_ENCODING, "").lower() in _IDENTITY


async def fail(
    request: web.Request, answer: Answer, candidate: Candidate, callers: WireFormat
) -> ProviderAnsweredError:
    """Let an error go on, in a shape that a client of the caller's format reads, and return it.

    A redirect is one too: it is not followed, and a caller could not follow it with the provider's key.
    """
    exchange, head = request[EXCHANGE], answer.head
    error, body = _error(answer, candidate, b""), bytearray()
    told, removed = await answer_headers(request, head.status, head.headers, changes=True)
    if head.status < 400:
        told = {**told, ":status": str(error.status)}
    if not head.whole:
        told = {**told, "content-type": JSON}
    await exchange.begin(told, removed)
    async for chunk in _rest(exchange, head):
        body += chunk.data[: _MAX_ERROR - len(body)]
        if chunk.last:
            error = _error(answer, candidate, bytes(body))
        await exchange.passed(chunk, _readable(error, callers) if chunk.last else b"")
    request[RECORDING].error = error.kind or kind_of(error.status)
    return error


def _error(answer: Answer, candidate: Candidate, body: bytes) -> ProviderAnsweredError:
    if answer.head.status < 400:
        failure = Failure(BAD_GATEWAY, "answered with a redirect, which is not followed")
    else:
        failure = FORMATS[answer.wire].codec.decode_error(answer.head.status, body)
    return ProviderAnsweredError(candidate, failure, answer.head, body, answer.wire)


def _readable(error: ProviderAnsweredError, callers: WireFormat) -> bytes:
    if is_of_format(error, callers):
        return error.body
    failure = Failure(error.status, error.message, error.kind, error.code, error.param)
    return orjson.dumps(FORMATS[callers].codec.encode_error(failure))


async def watch(
    request: web.Request, chat: ChatRequest, answer: Answer, max_bytes: int, *, streams_unseen: bool = False
) -> str | None:
    """Let an answer go on. Returns why it broke off, in a word; None where it did not, or where that is not seen.

    `max_bytes` of a whole answer are read. Raises UpstreamError where one that must be changed is longer, or is
    compressed.
    """
    head, observer = answer.head, Observer(request, answer.wire)
    changes = answer.request is not None or observer.rewrites
    if not answer.readable and changes:
        raise UpstreamError(BAD_GATEWAY, "the answer is compressed, and cannot be translated", cause="malformed")
    streams = head.streamed and (chat.stream or not changes)
    told, removed = await answer_headers(request, head.status, head.headers, changes=changes or streams)
    if changes:
        told = {**told, "content-type": EVENT_STREAM if chat.stream else JSON}
    unseen = streams and streams_unseen and not changes and not request[EXCHANGE].shows_body_at_once
    await request[EXCHANGE].begin(told, removed, unseen=unseen)
    if unseen:
        return None
    if not answer.readable:
        return await _unread(request[EXCHANGE], _rest(request[EXCHANGE], head))
    if streams:
        return await _stream(request, head, _converter(chat, answer, observer))
    return await _whole(request, head, _Whole(chat, answer, observer, changes), max_bytes)


def _converter(chat: ChatRequest, answer: Answer, observer: Observer) -> Converter:
    if answer.request is not None or observer.rewrites:
        return Translation(answer.wire, chat.format, answer.request or asked(chat), observer.rewrite)
    marks = FORMATS[answer.wire].marks(chat.body)
    return Passage(answer.wire, marks, observer, hide_usage=bool(usage_fields(chat)))


async def _stream(request: web.Request, head: Head, converter: Converter) -> str | None:
    exchange = request[EXCHANGE]
    shown = early = False
    async for chunk in _rest(exchange, head):
        shown = True
        data = converter.feed(chunk.data) if chunk.data else b""
        if chunk.last:
            early = not converter.settled
            data += converter.close()
        await exchange.passed(chunk, data, _usage(request) if chunk.last else None)
    if not shown:
        return None
    if not converter.settled:
        converter.close()
        return _CUT
    return "ended_early" if early else "error_event" if converter.failed else None


@dataclass(frozen=True, slots=True)
class _Whole:
    """Reads a whole answer; `changes` tells that the caller gets another than the provider gave."""

    chat: ChatRequest
    answer: Answer
    observer: Observer
    changes: bool

    def read(self, body: bytes) -> tuple[bytes, str | None]:
        """Return the answer as the caller gets it, and why it is none, in a word."""
        events = self._events(body)
        if isinstance(events, str):
            return (body if not self.changes else self._failure(events)), events
        if not self.changes:
            self.observer.whole(events)
            return body, None
        codec = FORMATS[self.chat.format].codec
        request = self.answer.request or asked(self.chat)
        rewritten = list(self.observer.rewrite(events))
        if self.chat.stream:
            return b"".join(map(codec.stream_encoder(request).feed, rewritten)), None
        return dump_json(codec.encode_answer(rewritten, request), len(body)), None

    def _events(self, body: bytes) -> Sequence[Event] | str:
        codec = FORMATS[self.answer.wire].codec
        if self.answer.head.streamed:
            reading = Reading(self.answer.wire)
            events = [*reading.feed(body), *reading.close()]
            return "error_event" if any(isinstance(event, Failure) for event in events) else events
        try:
            parsed: Any = load_json(body)
        except orjson.JSONDecodeError:
            return "malformed"
        if not isinstance(parsed, dict) or codec.is_error(parsed):
            return "error_event"
        unfinished = codec.is_unfinished is not None and codec.is_unfinished(parsed)
        return () if unfinished else list(codec.decode_answer(parsed))

    def _failure(self, why: str) -> bytes:
        failure = Failure(BAD_GATEWAY, f"The provider's answer cannot be read ({why}).")
        return orjson.dumps(FORMATS[self.chat.format].codec.encode_error(failure))


async def _whole(request: web.Request, head: Head, whole: _Whole, max_bytes: int) -> str | None:
    """Read an answer while it passes; one that changes is held until its end."""
    exchange, body, ended = request[EXCHANGE], bytearray(), True
    chunks = _rest(exchange, head)
    async for chunk in chunks:
        body += chunk.data
        ended = chunk.last
        if len(body) > max_bytes:
            if whole.changes:
                raise UpstreamError(BAD_GATEWAY, f"the answer is longer than {max_bytes} bytes", cause="too_large")
            await exchange.passed(chunk, chunk.data)
            return await _unread(exchange, chunks)
        data, broken = (b"" if whole.changes else chunk.data), None
        if chunk.last:
            read, broken = await off_loop(len(body), partial(whole.read, bytes(body)))
            data = read if whole.changes else chunk.data
        await exchange.passed(chunk, data, _usage(request) if chunk.last else None)
        if broken is not None:
            return broken
    return None if ended else _CUT


async def pass_operation(request: web.Request, head: Head) -> tuple[str | None, Usage | None]:
    """Let the answer of an operation that is no chat go on untouched; return what broke it off and its usage."""
    exchange, tail = request[EXCHANGE], UsageTail()
    told, removed = await answer_headers(request, head.status, head.headers, changes=False)
    await exchange.begin(told, removed)
    broken = await _unread(exchange, _rest(exchange, head), tail)
    return broken, tail.usage()


async def _unread(exchange: Exchange, chunks: AsyncIterator[Chunk], tail: UsageTail | None = None) -> str | None:
    ended = True
    async for chunk in chunks:
        ended = chunk.last
        if tail is not None and chunk.data:
            tail.feed(chunk.data)
        await exchange.passed(chunk, chunk.data)
    return None if ended else _CUT


async def _rest(exchange: Exchange, head: Head) -> AsyncIterator[Chunk]:
    """Give the body of an answer, none where its headers were all of it."""
    if not head.whole:
        async for chunk in exchange.chunks():
            yield chunk


def _usage(request: web.Request) -> Facts | None:
    """Return what Envoy is told at the end of an answer."""
    recording = request[RECORDING]
    if (usage := recording.usage) is None:
        return None
    return {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "cost": recording.costs()[0]}
