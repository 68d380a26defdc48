"""One try at one provider: send, and wait until it has begun an answer that is no failure."""

import asyncio
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import aiohttp
import orjson
from aiohttp import hdrs
from yarl import URL

from filters.context import Json, WireFormat
from filters.formats.canonical.events import Event
from filters.formats.canonical.nesting import load_json
from filters.formats.registry import FORMATS
from filters.off_loop import off_loop
from gateway.upstream.candidates import Candidate
from gateway.upstream.client import UpstreamClient
from gateway.upstream.failures import ProviderAnsweredError, broken, false_success, redirected
from gateway.upstream.idle import IdleTimeout
from gateway.upstream.network import named
from gateway.upstream.opening import Opening, judge
from gateway.upstream.outbound import Outbound

EVENT_STREAM: Final = "text/event-stream"
MAX_WHOLE: Final = 64 * 1024 * 1024
_MAX_ERROR: Final = 1024 * 1024
_STREAM_BEGINS: Final = (b"data:", b"event:", b"id:", b":")
"""No JSON begins like this."""


@dataclass(slots=True)
class Answer:
    """A provider's answer that has begun.

    `head` are the bytes read so far: all of them, read as `events`, where the answer is whole; up to its first content
    where it is `streamed`. `ident` is what its provider calls it, empty where it does not say. `complete` is set by
    whoever reads the rest of a stream that has said all, so that its connection need not be closed. Whoever has an
    answer gives its response back to the client (`release`).
    """

    response: aiohttp.ClientResponse
    streamed: bool
    head: bytes
    events: Sequence[Event] = ()
    ident: str = ""
    complete: bool = False


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """What is taken as an answer: `max_bytes` of a whole one, and whether one that a content filter ended fails."""

    max_bytes: int = MAX_WHOLE
    filtered_fails: bool = False


async def exchange(
    client: UpstreamClient,
    candidate: Candidate,
    outbound: Outbound,
    url: URL,
    headers: Mapping[str, str],
    rules: AnswerRules = AnswerRules(),
) -> Answer:
    """Send a request and return the answer once it has begun.

    Raises UpstreamError for whatever comes instead: nothing, an error status, or a 200 that turns out to be an error
    before its first content.
    """
    provider, wire = candidate.provider, outbound.wire
    with named(candidate, "the answer"):
        async with asyncio.timeout(provider.timeouts.first_byte) as until_first_byte:
            response = await client.request(provider, hdrs.METH_POST, url, body=outbound.body, headers=headers)
            try:
                return await _Reader(response, candidate, wire, rules).begin(until_first_byte)
            except BaseException:
                response.close()
                raise
    raise AssertionError("what is named is raised")


class _Reader:
    """Reads one response as far as to know whether it is an answer."""

    def __init__(
        self, response: aiohttp.ClientResponse, candidate: Candidate, wire: WireFormat, rules: AnswerRules
    ) -> None:
        self._response = response
        self._candidate = candidate
        self._wire = wire
        self._rules = rules

    async def begin(self, until_first_byte: asyncio.Timeout) -> Answer:
        """Return the answer; its first byte, or of a stream its first frame, ends the time for it."""
        first = await self._response.content.readany()
        if _is_stream(self._response, first):
            return await self._opened(first, until_first_byte)
        until_first_byte.reschedule(None)
        await self._refuse_status(first)
        whole = (await self._read(first, self._rules.max_bytes)).removeprefix(BOM_UTF8)
        if len(whole) > self._rules.max_bytes:
            raise broken(self._candidate, f"the answer is longer than {self._rules.max_bytes} bytes", cause="too_large")
        parsed, events = await off_loop(len(whole), partial(self._parse, whole))
        judge(self._candidate, events, filtered_fails=self._rules.filtered_fails)
        ident = parsed.get("id")
        ident = ident if isinstance(ident, str) else ""
        return Answer(self._response, streamed=False, head=whole, events=events, ident=ident)

    async def _opened(self, chunk: bytes, until_first_byte: asyncio.Timeout) -> Answer:
        opening = Opening(self._candidate, self._wire, filtered_fails=self._rules.filtered_fails)
        async with IdleTimeout(self._candidate.provider.timeouts.idle) as idle:
            while chunk:
                opening.feed(chunk)
                if opening.answering:
                    until_first_byte.reschedule(None)
                if opening.begun:
                    break
                chunk = await idle.read(self._response.content)
            else:
                opening.close()
        return Answer(self._response, streamed=True, head=opening.take(), ident=opening.ident)

    async def _refuse_status(self, head: bytes) -> None:
        """Raise for a status that is none of an answer, and for one that HTTP does not know."""
        status = self._response.status
        if status >= 400:
            body = (await self._read(head, _MAX_ERROR))[:_MAX_ERROR]
            failure = FORMATS[self._wire].codec.decode_error(status, body)
            raise ProviderAnsweredError(self._candidate, failure, self._response, body, self._wire)
        if status >= 300:
            raise redirected(self._candidate, status)
        if status < 200:
            raise broken(self._candidate, f"answered with status {status}, which ends no request", cause="status")

    async def _read(self, head: bytes, limit: int) -> bytes:
        """Read the rest of the body, up to the first chunk that makes it longer than the limit."""
        if self._response.content.at_eof():
            return head
        body = bytearray(head)
        async with IdleTimeout(self._candidate.provider.timeouts.idle) as idle:
            while len(body) <= limit and (chunk := await idle.read(self._response.content)):
                body += chunk
        return bytes(body)

    def _parse(self, body: bytes) -> tuple[Json, Sequence[Event]]:
        try:
            parsed: Any = load_json(body)
        except orjson.JSONDecodeError:
            raise broken(self._candidate, "the answer is not JSON") from None
        if not isinstance(parsed, dict):
            raise broken(self._candidate, "the answer is not a JSON object")
        if FORMATS[self._wire].codec.is_error(parsed):
            raise false_success(self._candidate, FORMATS[self._wire].codec.decode_error(self._response.status, body))
        codec = FORMATS[self._wire].codec
        if codec.is_unfinished and codec.is_unfinished(parsed):
            return parsed, ()
        return parsed, list(codec.decode_answer(parsed))


def _is_stream(response: aiohttp.ClientResponse, first: bytes) -> bool:
    """Tell a stream by its type, or by how it begins: some servers give it none, or another."""
    is_success = 200 <= response.status < 300
    return is_success and (response.content_type == EVENT_STREAM or first.startswith(_STREAM_BEGINS))
