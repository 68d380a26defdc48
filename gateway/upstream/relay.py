"""From a provider's answer that has begun to the caller: bytes that pass, or a translation.

    going on --(the answer says why it ended)--> settled --(the last frame, or a moment without it)--> over
        |                                                                                               |
        +--(an error event, silence, a cut)--> failed: the caller gets an error event ------------------+

The converter owns these states. What is read belongs to the exchange, what is written to the Downstream; the relay
holds one chunk between them, so that a slow caller slows the provider down and nothing piles up here. A stream is over
for the caller as soon as all has been said, whether or not the provider closes its connection.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Final, Protocol

from aiohttp import hdrs

from filters.context import ChatRequest
from filters.errors import UpstreamError
from filters.formats.canonical.events import End, Event, Failure
from filters.formats.canonical.request import Request
from filters.formats.passage import Passage
from filters.formats.registry import FORMATS
from filters.off_loop import off_loop
from filters.windows import dump_json
from gateway.telemetry.recording import RECORDING
from gateway.upstream.asking_usage import usage_fields
from gateway.upstream.candidates import Candidate
from gateway.upstream.downstream import EVENT_STREAM, Downstream
from gateway.upstream.drain import DRAINED, is_drained
from gateway.upstream.exchange import MAX_WHOLE, Answer
from gateway.upstream.failures import broken
from gateway.upstream.headers import to_caller
from gateway.upstream.idle import IdleTimeout
from gateway.upstream.masking import masked
from gateway.upstream.network import GATEWAY_TIMEOUT, named
from gateway.upstream.observe import Observer
from gateway.upstream.outbound import Outbound, asked
from gateway.upstream.translation import Reading, Translation

JSON: Final = "application/json"
_TRAILER: Final = 1.0
"""Seconds for what may follow the reason of an answer's end: the usage and the last frame of Chat Completions."""

Write = Callable[[], Awaitable[bytes]]
"""Writes a whole answer."""
Send = Callable[[Downstream], Awaitable[str | None]]
"""Sends an answer, and returns why it broke off, in a word; None where it did not."""


class Converter(Protocol):
    """Turns a provider's stream into the caller's."""

    complete: bool
    """Whether the answer has ended, well or with an error that the caller was told."""
    failed: bool
    """Whether it ended with an error."""

    @property
    def settled(self) -> bool:
        """Whether the answer has said why it ended, so that only a trailer may follow."""

    @property
    def over(self) -> bool:
        """Whether nothing of the provider's passes any more."""

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes as they come and return what they are to the caller."""

    def close(self) -> bytes:
        """Take the end of the provider's stream and return what is left to say."""

    def fail(self, failure: Failure) -> bytes:
        """Return the error event that ends the stream."""


async def prepare(
    chat: ChatRequest, candidate: Candidate, outbound: Outbound, answer: Answer, observer: Observer,
    max_bytes: int = MAX_WHOLE,
) -> Send:  # fmt: skip
    """Return what sends the answer to the caller; nothing has been sent before that is called.

    A server that streams to who did not ask for it, or answers a stream's request whole, is translated even where it
    speaks the caller's format, since a client could not read it. So is an answer that a filter changes. What is
    collected of a stream may be `max_bytes` long.

    Raises UpstreamError where the answer turns out to be none: malformed, or broken off while it is read whole.
    """
    if outbound.request is None and answer.streamed == chat.stream and not observer.rewrites:
        if answer.streamed:
            hide = bool(usage_fields(chat))
            passage = Passage(outbound.wire, FORMATS[outbound.wire].marks(chat.body), observer, hide_usage=hide)
            return partial(_stream, candidate, answer, passage)
        return partial(_whole, answer, partial(_passed, answer, observer), JSON)
    neutral = outbound.request or asked(chat)
    if answer.streamed and chat.stream:
        return partial(_stream, candidate, answer, Translation(outbound.wire, chat.format, neutral, observer.rewrite))
    events, size = answer.events, len(answer.head)
    if answer.streamed:
        events, size = await _collect(candidate, outbound, answer, max_bytes)
    if not events:
        raise broken(candidate, "the answer is still being made, and cannot be waited for")

    async def write() -> bytes:
        rewritten = list(observer.rewrite(events))
        return await off_loop(size, partial(_written, chat, neutral, rewritten, size))

    return partial(_whole, answer, write, EVENT_STREAM if chat.stream else JSON)


async def _passed(answer: Answer, observer: Observer) -> bytes:
    observer.whole(answer.events)
    return answer.head


def _written(chat: ChatRequest, request: Request, events: Sequence[Event], size: int) -> bytes:
    """Return a whole answer of about so many bytes as its caller reads it: as a stream, or at once."""
    codec = FORMATS[chat.format].codec
    if chat.stream:
        return b"".join(map(codec.stream_encoder(request).feed, events))
    return dump_json(codec.encode_answer(events, request), size)


async def _collect(candidate: Candidate, outbound: Outbound, answer: Answer, max_bytes: int) -> tuple[list[Event], int]:
    """Return the events of a stream, read to its end, and its bytes.

    Raises UpstreamError where it does not end well, or does not end at all.
    """
    reading, size = Reading(outbound.wire), 0
    events: list[Event] = []
    async with aclosing(_chunks(candidate, answer, lambda: reading.settled)) as arriving:
        async for chunk in arriving:
            size += len(chunk)
            if size > max_bytes:
                raise broken(candidate, f"the answer is longer than {max_bytes} bytes", cause="too_large")
            events += reading.feed(chunk)
            if events and isinstance(events[-1], End | Failure):
                break
        else:
            events += reading.close()
    if events and isinstance(failure := events[-1], Failure):
        raise broken(candidate, failure.message, failure.status, "error_event")
    answer.complete = True
    return events, size


async def _chunks(candidate: Candidate, answer: Answer, settled: Callable[[], bool]) -> AsyncGenerator[bytes]:
    """Give a stream as it comes, from its first byte to its end, or to a moment after it was `settled`.

    Raises UpstreamError where it breaks off or falls silent.
    """
    content, loop, until = answer.response.content, asyncio.get_running_loop(), None
    chunk = answer.head
    with named(candidate, "the stream"):
        async with IdleTimeout(candidate.provider.timeouts.idle) as idle:
            while chunk:
                yield chunk
                if not settled():
                    chunk = await idle.read(content)
                    continue
                until = until or loop.time() + _TRAILER
                try:
                    async with asyncio.timeout_at(until):
                        chunk = await idle.read(content)
                except TimeoutError:
                    return


async def _whole(answer: Answer, write: Write, content_type: str, downstream: Downstream) -> None:
    """Send a whole answer. It is written only here, after the filters were told who serves."""
    headers = to_caller(answer.response.headers) | {hdrs.CONTENT_TYPE: content_type}
    await downstream.whole(answer.response.status, headers, await write())


async def _stream(candidate: Candidate, answer: Answer, converter: Converter, downstream: Downstream) -> str | None:
    await downstream.begin(answer.response.status, to_caller(answer.response.headers))
    reason, last = "error_event", b""
    try:
        async with aclosing(_chunks(candidate, answer, lambda: converter.settled)) as arriving:
            async for chunk in arriving:
                data = converter.feed(chunk)
                data = _without_keys(data, candidate) if converter.failed else data
                if converter.over:
                    last = data
                    break
                await downstream.write(data)
        if not converter.settled:
            reason = "ended_early"
        last += converter.close()
    except UpstreamError as error:
        if not converter.settled:
            reason = "silence" if error.status == GATEWAY_TIMEOUT else "connection_lost"
            last = converter.fail(Failure(error.status, f"{error.provider}: {error.message}."))
        else:
            last = converter.close()
    except asyncio.CancelledError as error:
        if is_drained(error):
            await _cut(downstream, converter)
        raise
    await downstream.end(last)
    answer.complete = converter.over and not converter.failed
    return reason if converter.failed else None


def _without_keys(frames: bytes, candidate: Candidate) -> bytes:
    """Return frames that hold a provider's error, which may quote a key."""
    return masked(frames.decode("utf-8", "surrogateescape"), candidate.provider).encode("utf-8", "surrogateescape")


async def _cut(downstream: Downstream, converter: Converter) -> None:
    """End a stream that there is no more time for: with an error event, unless all has been said."""
    if converter.settled:
        await downstream.end(converter.close())
    else:
        downstream.request[RECORDING].broken = "drained"
        await downstream.end(converter.fail(Failure(503, f"The answer is cut off: {DRAINED}.")))
