"""Other `/v1/*` paths (embeddings, count_tokens, …): forwarded untouched to the provider of the model they name."""

import asyncio
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from yarl import URL

from filters.api import RESPONSE_HEADERS, TRACE
from filters.context import WireFormat
from filters.errors import DownstreamError
from filters.format_detection.body import read_body
from filters.formats.endpoints import format_of
from gateway.upstream.candidates import Candidate, Candidates
from gateway.upstream.client import UpstreamClient
from gateway.upstream.failures import named
from gateway.upstream.headers import to_caller, to_provider
from gateway.upstream.idle import IdleTimeout
from gateway.upstream.rewrite import rewrite

_PREFIX = "/v1/"


class Passthrough:
    """Forwards what is no chat request, once and unread but for the model's name."""

    def __init__(self, candidates: Candidates, client: UpstreamClient) -> None:
        self._candidates = candidates
        self._client = client

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Forward a request. Raises DownstreamError (404) where it names no model that there is."""
        body = await read_body(request)
        candidate = self._candidates.of_name(_model(body))
        request[RESPONSE_HEADERS] |= {
            "x-pointsman-model": candidate.model,
            "x-pointsman-trace-id": request[TRACE].trace_id,
        }
        return await self._exchange(request, candidate, rewrite(body, {"model": candidate.model_id}))

    async def _exchange(self, request: web.Request, candidate: Candidate, body: bytes) -> web.StreamResponse:
        provider = candidate.provider
        wire = format_of(request.path, request.headers)
        anthropic = wire if wire is WireFormat.ANTHROPIC_MESSAGES else None
        headers = to_provider(request.headers, provider, anthropic, request[TRACE], same_format=True)
        url = URL(provider.url_of(request.path.removeprefix(_PREFIX), candidate.model)).extend_query(request.query)
        timeout = aiohttp.ClientTimeout(total=None, connect=provider.timeouts.connect)
        with named(candidate, "the answer"):
            async with asyncio.timeout(provider.timeouts.first_byte):
                answer = await self._client.session().request(
                    request.method, url, data=body, headers=headers, allow_redirects=False, timeout=timeout
                )
        async with answer:
            return await _relay(request, candidate, answer)


async def _relay(request: web.Request, candidate: Candidate, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=to_caller(answer.headers))
    with named(candidate, "the answer"):
        async with IdleTimeout(candidate.provider.timeouts.idle) as idle:
            chunk = await idle.read(answer.content)
    await response.prepare(request)
    while chunk:
        await response.write(chunk)
        chunk = await answer.content.readany()
    await response.write_eof()
    return response


def _model(body: bytes) -> str | None:
    try:
        parsed: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("model"), str):
        raise DownstreamError(
            404, "This path is forwarded to the provider of the model that a JSON body names; this one names none."
        )
    model: str = parsed["model"]
    return model
