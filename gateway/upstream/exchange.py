"""One try at one provider: send, and wait until it has begun an answer that is no failure."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import orjson
from yarl import URL

from filters.context import Json, WireFormat
from filters.formats.canonical.events import Failure
from filters.formats.registry import CODECS
from filters.formats.sse import SseParser
from gateway.upstream.candidates import Candidate
from gateway.upstream.failures import ProviderAnsweredError, RedirectedError, broken, false_success, named
from gateway.upstream.frames import FrameBuffer
from gateway.upstream.idle import IdleTimeout
from gateway.upstream.outbound import Outbound

EVENT_STREAM: Final = "text/event-stream"
MAX_WHOLE: Final = 64 * 1024 * 1024
_MAX_ERROR: Final = 1024 * 1024
_NO_BODY: Final[Json] = {}
_STREAM_BEGINS: Final = (b"data:", b"event:", b"id:", b":")
"""No JSON begins like this."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer that has begun.

    `head` are the bytes read so far: all of them, parsed in `body`, where the answer is whole; at least one frame where
    it is `streamed`.
    """

    response: aiohttp.ClientResponse
    streamed: bool
    head: bytes
    body: Json


@asynccontextmanager
async def exchange(
    session: aiohttp.ClientSession, candidate: Candidate, outbound: Outbound, url: URL, headers: Mapping[str, str]
) -> AsyncIterator[Answer]:
    """Send a request and give the answer once it has begun.

    Raises UpstreamError for whatever comes instead: nothing, an error status, or a 200 that begins with an error.
    """
    timeouts = candidate.provider.timeouts
    with named(candidate, "the answer"):
        async with asyncio.timeout(timeouts.first_byte) as until_first_byte:
            response = await session.post(
                url,
                data=outbound.body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=timeouts.connect),
            )
            try:
                head = await _first(response, candidate)
                until_first_byte.reschedule(None)
                answer = await _begin(response, candidate, outbound.wire, head)
            except BaseException:
                response.close()
                raise
    del outbound  # a stream may last long, and what was sent be large
    try:
        yield answer
    finally:
        response.release() if response.content.is_eof() else response.close()


async def _first(response: aiohttp.ClientResponse, candidate: Candidate) -> bytes:
    """Read what an answer begins with: the first frame of a stream, the first bytes of anything else."""
    first = await response.content.readany()
    return await _first_frame(response, candidate, first) if _is_stream(response, first) else first


def _is_stream(response: aiohttp.ClientResponse, first: bytes) -> bool:
    """Tell a stream by its type, or by how it begins: some servers give it none, or another."""
    return response.status < 300 and (response.content_type == EVENT_STREAM or first.startswith(_STREAM_BEGINS))


async def _begin(response: aiohttp.ClientResponse, candidate: Candidate, wire: WireFormat, head: bytes) -> Answer:
    if response.status >= 400:
        body = await _read(response, candidate, head, _MAX_ERROR)
        raise ProviderAnsweredError(candidate.model, CODECS[wire].decode_error(response.status, body), response, body)
    if response.status >= 300:
        raise RedirectedError(candidate, response.status)
    if _is_stream(response, head):
        _refuse_failure(candidate, wire, head)
        return Answer(response, streamed=True, head=head, body=_NO_BODY)
    whole = await _read(response, candidate, head, MAX_WHOLE)
    parsed = _parse(candidate, whole)
    if _is_error(parsed):
        raise false_success(candidate, CODECS[wire].decode_error(response.status, whole))
    return Answer(response, streamed=False, head=whole, body=parsed)


async def _read(response: aiohttp.ClientResponse, candidate: Candidate, head: bytes, limit: int) -> bytes:
    """Read the rest of the body; what is over the limit is cut off."""
    if response.content.at_eof():
        return head[:limit]
    body = bytearray(head)
    async with IdleTimeout(candidate.provider.timeouts.idle) as idle:
        while len(body) < limit and (chunk := await idle.read(response.content)):
            body += chunk
    return bytes(body[:limit])


async def _first_frame(response: aiohttp.ClientResponse, candidate: Candidate, chunk: bytes) -> bytes:
    """Read until a frame is complete, or the stream ends."""
    buffer = FrameBuffer()
    try:
        while chunk:
            if frames := buffer.feed(chunk):
                return frames + buffer.take()
            chunk = await response.content.readany()
    except ValueError as error:
        raise broken(candidate, f"the stream cannot be read: {error}") from None
    return buffer.take()


def _refuse_failure(candidate: Candidate, wire: WireFormat, head: bytes) -> None:
    """Raise where a stream is over before it began, or begins with an error event: status 200 or not, it failed."""
    if not head.strip():
        raise broken(candidate, "the answer ended before it began")
    first = next(SseParser().feed(head), None)
    for event in CODECS[wire].stream_decoder().feed(first) if first else ():
        if isinstance(event, Failure):
            raise false_success(candidate, event)


def _parse(candidate: Candidate, body: bytes) -> Json:
    try:
        parsed: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise broken(candidate, "the answer is not JSON") from None
    if not isinstance(parsed, dict):
        raise broken(candidate, "the answer is not a JSON object")
    return parsed


def _is_error(body: Json) -> bool:
    """Tell an error that came with status 200. A Responses answer has an `error` of its own, null in good ones."""
    if body.get("object") == "response":
        return body.get("status") == "failed"
    return body.get("type") == "error" or (bool(body.get("error")) and "choices" not in body)
