"""Other `/v1/*` paths (embeddings, count_tokens, …): forwarded untouched to the provider of the model they name."""

import asyncio
from contextlib import aclosing
from functools import partial

import aiohttp
from aiohttp import web
from yarl import URL

from filters.api import RESPONSE_HEADERS, TRACE
from filters.context import Json, WireFormat
from filters.errors import DownstreamError, UpstreamError
from filters.format_detection.body import BodyReader
from filters.format_detection.limits import BodyLimits
from filters.format_detection.parsing import parse_object
from filters.formats.endpoints import ENDPOINTS, format_of
from filters.routing.inline import FIELDS
from gateway.telemetry.recording import RECORDING
from gateway.upstream.candidates import Candidate, Candidates
from gateway.upstream.client import UpstreamClient
from gateway.upstream.failures import exhausted, named
from gateway.upstream.headers import X_MODEL, authenticate, to_caller, to_provider, with_query
from gateway.upstream.off_loop import off_loop
from gateway.upstream.relay import chunks
from gateway.upstream.rewrite import rewrite

_PREFIX = "/v1/"


class Passthrough:
    """Forwards what is no chat request, once and unread but for the model's name."""

    def __init__(self, candidates: Candidates, client: UpstreamClient, bodies: BodyReader) -> None:
        self._candidates = candidates
        self._client = client
        self._bodies = bodies

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Forward a request.

        Raises DownstreamError: 404 where it names no model that there is, 401 where the provider's key is not set; and
        UpstreamError, also where the answer breaks off: what has begun can then only be cut off.
        """
        operation = _operation(request)
        with self._bodies.reading() as body:
            return await self._forward(request, operation, await body.read(request))

    async def _forward(self, request: web.Request, operation: str, body: bytes) -> web.StreamResponse:
        parsed = await off_loop(body, partial(_naming_a_model, body, self._bodies.limits))
        candidate = self._candidates.of_name(parsed["model"])
        request[RECORDING].model = request[RESPONSE_HEADERS][X_MODEL] = candidate.model
        candidate.refuse_without_key()
        ours = [field for field in FIELDS if field in parsed]
        sent = await off_loop(body, partial(rewrite, body, {"model": candidate.model_id}, ours))
        try:
            return await self._exchange(request, candidate, operation, sent)
        except UpstreamError as error:
            if request.writer.output_size:
                request[RECORDING].broken = "broke_off"
            raise exhausted([error]) from None

    async def _exchange(
        self, request: web.Request, candidate: Candidate, operation: str, body: bytes
    ) -> web.StreamResponse:
        provider = candidate.provider
        wire = format_of(request.path, request.headers)
        anthropic = wire if wire is WireFormat.ANTHROPIC_MESSAGES else None
        headers = to_provider(request.headers, anthropic, request.get(TRACE), same_format=True)
        url = with_query(URL(provider.url_of(operation, candidate.model)), request.query)
        authenticate(headers, provider, request.method, url, body, request.headers)
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
    async with aclosing(chunks(candidate, answer.content)) as arriving:
        first = await anext(arriving, b"")
        await response.prepare(request)
        await response.write(first)
        async for chunk in arriving:
            await response.write(chunk)
    await response.write_eof()
    return response


def _operation(request: web.Request) -> str:
    """Return the path below `/v1/`, as it was sent.

    Raises DownstreamError (404) for one that would climb out of it, and for a chat endpoint that ends in a slash, which
    would go around the routes.
    """
    if (meant := request.path.rstrip("/")) in ENDPOINTS:
        raise DownstreamError(404, f"There is no such path. It is {meant}, without a slash at its end.")
    if not {".", ".."}.isdisjoint(request.path.split("/")):
        raise DownstreamError(404, "There is no such path: it holds `.` or `..`.")
    return request.rel_url.raw_path.removeprefix(_PREFIX)


def _naming_a_model(body: bytes, limits: BodyLimits) -> Json:
    try:
        parsed, _ = parse_object(body, limits)
    except DownstreamError as error:
        if error.status != 400:
            raise
        parsed = {}
    if not isinstance(parsed.get("model"), str):
        raise DownstreamError(
            404, "This path is forwarded to the provider of the model that a JSON body names; this one names none."
        )
    return parsed
