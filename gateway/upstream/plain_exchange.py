"""One try at one provider with an operation that is no chat: send, and wait until it has begun an answer."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import orjson
from yarl import URL

from filters.context import WireFormat
from filters.formats.canonical.nesting import load_json
from filters.formats.registry import FORMATS
from gateway.upstream.candidates import Candidate
from gateway.upstream.client import UpstreamClient
from gateway.upstream.failures import ProviderAnsweredError, broken, false_success, redirected
from gateway.upstream.idle import IdleTimeout
from gateway.upstream.network import named

MAX_ERROR: Final = 1024 * 1024
_LONGEST_FALSE_SUCCESS: Final = 65_536
"""Bytes. No error that came with status 200 is longer; what is longer is not parsed."""
_RESULTS: Final = frozenset({"data", "results", "choices", "output", "text", "id"})


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """An answer that has begun: its response, and the first bytes of its body."""

    response: aiohttp.ClientResponse
    head: bytes

    async def chunks(self, candidate: Candidate) -> AsyncGenerator[bytes]:
        """Give the body as it comes. Raises UpstreamError where it breaks off or falls silent."""
        chunk = self.head
        with named(candidate, "the answer"):
            async with IdleTimeout(candidate.provider.timeouts.idle) as idle:
                while chunk:
                    yield chunk
                    chunk = await idle.read(self.response.content)


@asynccontextmanager
async def plain_exchange(
    client: UpstreamClient,
    candidate: Candidate,
    wire: WireFormat,
    method: str,
    url: URL,
    headers: Mapping[str, str],
    body: bytes,
) -> AsyncIterator[PlainAnswer]:
    """Send a request and give the answer once it has begun. `wire` is the format in which errors are read.

    Raises UpstreamError for an error status, for nothing, and for an error that came with status 200.
    """
    provider = candidate.provider
    with named(candidate, "the answer"):
        async with asyncio.timeout(provider.timeouts.first_byte):
            response = await client.request(provider, method, url, body=body, headers=headers)
            try:
                head = await response.content.readany()
                await _refuse(response, candidate, wire, head)
            except BaseException:
                response.close()
                raise
    try:
        yield PlainAnswer(response, head)
    finally:
        client.release(response, complete=False)


async def _refuse(response: aiohttp.ClientResponse, candidate: Candidate, wire: WireFormat, head: bytes) -> None:
    status = response.status
    if 200 <= status < 300:
        if response.content.is_eof() and _is_error(head):
            raise false_success(candidate, FORMATS[wire].codec.decode_error(status, head))
        return
    if status >= 400:
        rest = b"" if response.content.at_eof() else await response.content.read(MAX_ERROR)
        body = head + rest
        raise ProviderAnsweredError(candidate, FORMATS[wire].codec.decode_error(status, body), response, body, wire)
    if status >= 300:
        raise redirected(candidate, status)
    raise broken(candidate, f"answered with status {status}, which ends no request", cause="status")


def _is_error(body: bytes) -> bool:
    """Tell a whole body that is an error and holds no result."""
    if len(body) > _LONGEST_FALSE_SUCCESS or b'"error"' not in body:
        return False
    try:
        parsed: Any = load_json(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(parsed, dict) and bool(parsed.get("error")) and _RESULTS.isdisjoint(parsed)
