"""From a provider's answer that has begun to the caller: bytes that pass, or a translation."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import aiohttp
import orjson
from aiohttp import hdrs, web

from filters.context import ChatRequest
from filters.errors import DownstreamError, UpstreamError
from filters.formats.canonical.events import Event, Failure
from filters.formats.canonical.request import Request
from filters.formats.registry import CODECS
from gateway.telemetry.recording import RECORDING
from gateway.upstream.candidates import Candidate
from gateway.upstream.drain import DRAINED, is_drained
from gateway.upstream.exchange import EVENT_STREAM, Answer
from gateway.upstream.failures import GATEWAY_TIMEOUT, broken, named
from gateway.upstream.frames import Passage
from gateway.upstream.headers import to_caller
from gateway.upstream.idle import IdleTimeout
from gateway.upstream.observe import Observer
from gateway.upstream.outbound import Outbound
from gateway.upstream.translation import Reading, Translation

JSON: Final = "application/json"
_STREAM_HEADERS: Final = {hdrs.CONTENT_TYPE: EVENT_STREAM, hdrs.CACHE_CONTROL: "no-cache", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What the caller got, and why it broke off, in a word: None where it did not."""

    response: web.StreamResponse
    broken: str | None = None


Send = Callable[[web.Request], Awaitable[Sent]]


class Converter(Protocol):
    """Turns a provider's stream into the caller's."""

    complete: bool
    """Whether the answer has ended, well or with an error that the caller was told."""
    failed: bool
    """Whether it ended with an error."""

    @property
    def over(self) -> bool:
        """Whether it ended with an error after which nothing of the provider's passes any more."""

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes as they come and return what they are to the caller."""

    def close(self) -> bytes:
        """Take the end of the provider's stream and return what is left to say."""

    def fail(self, failure: Failure) -> bytes:
        """Return the error event that ends the stream."""


async def prepare(
    chat: ChatRequest, candidate: Candidate, outbound: Outbound, answer: Answer, observer: Observer
) -> Send:
    """Return what sends the answer to the caller; nothing has been sent before that is called.

    A server that streams to who did not ask for it, or answers a stream's request whole, is translated even where it
    speaks the caller's format, since a client could not read it. So is an answer that a filter changes.

    Raises UpstreamError where the answer turns out to be none: malformed, or broken off while it is read whole.
    """
    if outbound.request is None and answer.streamed == chat.stream and not observer.rewrites:
        if answer.streamed:
            return partial(_stream, candidate, answer, Passage(outbound.wire, chat.body.get("n") or 1, observer))
        return partial(_whole, answer, partial(_passed, answer, observer), JSON)
    neutral = outbound.request or _asked(chat)
    if answer.streamed and chat.stream:
        return partial(_stream, candidate, answer, Translation(outbound.wire, chat.format, neutral, observer.rewrite))
    events = await _events(candidate, outbound, answer)
    codec = CODECS[chat.format]

    def write() -> bytes:
        rewritten = observer.rewrite(events)
        if chat.stream:
            return b"".join(map(codec.stream_encoder(neutral).feed, rewritten))
        return orjson.dumps(codec.encode_answer(list(rewritten), neutral))

    return partial(_whole, answer, write, EVENT_STREAM if chat.stream else JSON)


def _passed(answer: Answer, observer: Observer) -> bytes:
    observer.whole(answer.body)
    return answer.head


def _asked(chat: ChatRequest) -> Request:
    """Return the request by which an answer is written; what no other format can carry is not needed for that."""
    try:
        return CODECS[chat.format].decode_request(chat.body)
    except DownstreamError:
        return Request(chat.model or "", (), include_usage=True)


async def _events(candidate: Candidate, outbound: Outbound, answer: Answer) -> list[Event]:
    """Read an answer to its end. Raises UpstreamError where it does not end well."""
    if answer.streamed:
        events = await _collect(candidate, outbound, answer)
    else:
        events = list(CODECS[outbound.wire].decode_answer(answer.body))
    if failure := next((event for event in events if isinstance(event, Failure)), None):
        raise broken(candidate, failure.message, failure.status)
    return events


async def _collect(candidate: Candidate, outbound: Outbound, answer: Answer) -> list[Event]:
    reading = Reading(outbound.wire)
    events = list(reading.feed(answer.head))
    async for chunk in chunks(candidate, answer.response.content):
        events += reading.feed(chunk)
        if reading.over:
            break
    return [*events, *reading.close()]


async def chunks(candidate: Candidate, content: aiohttp.StreamReader) -> AsyncGenerator[bytes]:
    """Give what is left of an answer as it comes. Raises UpstreamError where it breaks off or falls silent."""
    with named(candidate, "the stream"):
        async with IdleTimeout(candidate.provider.timeouts.idle) as idle:
            while chunk := await idle.read(content):
                yield chunk


async def _whole(answer: Answer, write: Callable[[], bytes], content_type: str, request: web.Request) -> Sent:
    """Send a whole answer. It is written only here, after the filters were told who serves."""
    headers = to_caller(answer.response.headers) | {hdrs.CONTENT_TYPE: content_type}
    response = web.Response(status=answer.response.status, body=write(), headers=headers)
    await response.prepare(request)
    return Sent(response)


async def _stream(candidate: Candidate, answer: Answer, converter: Converter, request: web.Request) -> Sent:
    headers = to_caller(answer.response.headers) | _STREAM_HEADERS
    response = web.StreamResponse(status=answer.response.status, headers=headers)
    await response.prepare(request)
    reason = "error_event"
    try:
        await _pass(converter.feed(answer.head), response)
        async with aclosing(chunks(candidate, answer.response.content)) as arriving:
            async for chunk in arriving:
                await _pass(converter.feed(chunk), response)
                if converter.over:
                    break
        if not converter.complete:
            reason = "ended_early"
        await _pass(converter.close(), response)
    except UpstreamError as error:
        if not converter.complete:
            reason = "silence" if error.status == GATEWAY_TIMEOUT else "connection_lost"
            await _pass(converter.fail(Failure(error.status, f"{error.provider}: {error.message}.")), response)
    except asyncio.CancelledError as error:
        if is_drained(error):
            await _cut(request, response, converter)
        raise
    await response.write_eof()
    return Sent(response, reason if converter.failed else None)


async def _cut(request: web.Request, response: web.StreamResponse, converter: Converter) -> None:
    """End a stream that there is no more time for: with an error event, unless all has been said."""
    if not converter.complete:
        request[RECORDING].broken = "drained"
        await _pass(converter.fail(Failure(503, f"The answer is cut off: {DRAINED}.")), response)
    await response.write_eof()


async def _pass(data: bytes, response: web.StreamResponse) -> None:
    if data:
        await response.write(data)
