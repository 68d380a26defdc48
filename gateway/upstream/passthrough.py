"""Other operations below `/v1/` (embeddings, audio, images, count_tokens, ...): forwarded with their bytes untouched.

They are asked by the same attempts as chat, with the same retries, health and records; there is one candidate, the
provider of the model that the JSON body, the form or the kept answer names.
"""

from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp import hdrs, web
from yarl import URL

from filters.api import CALLER, RESPONSE_HEADERS, SESSION, TRACE
from filters.errors import DownstreamError, UpstreamError
from filters.format_detection.body import BodyReader
from filters.formats.estimate import estimate_tokens
from filters.formats.registry import ENDPOINTS, format_of
from filters.off_loop import off_loop
from filters.routing.filter import DECIDE_FOR_ME
from gateway.config.model import Config
from gateway.telemetry.recording import RECORDING
from gateway.upstream.asked import Asked, read_asked
from gateway.upstream.attempts import Attempts, Begun, noting
from gateway.upstream.candidates import Candidate, Candidates
from gateway.upstream.client import UpstreamClient
from gateway.upstream.failures import ProviderAnsweredError
from gateway.upstream.headers import (
    X_MODEL,
    X_WARNINGS,
    add_trace,
    authenticate,
    to_caller,
    to_provider,
    trace_of_attempt,
    with_query,
)
from gateway.upstream.kept_answers import KeptAnswers
from gateway.upstream.operations import PREFIX, Operation, Operations
from gateway.upstream.permission import headers_for_providers, permitted
from gateway.upstream.plain_exchange import PlainAnswer, plain_exchange
from gateway.upstream.usage_tail import UsageTail
from gateway.upstream.wrapping import is_of_format

COUNT_TOKENS: Final = "messages/count_tokens"
ESTIMATED: Final = "input_tokens is an estimate: the provider of this model does not count tokens"


@dataclass(frozen=True, slots=True)
class _Opened:
    """An answer that has begun, and what ends its exchange."""

    answer: PlainAnswer
    exchange: AsyncExitStack


class Passthrough:
    """Forwards what is no chat request, unread but for the model's name."""

    def __init__(
        self,
        config: Config,
        candidates: Candidates,
        client: UpstreamClient,
        attempts: Attempts,
        bodies: BodyReader,
        kept: KeptAnswers,
    ) -> None:
        self._operations = Operations(config.passthrough_paths)
        self._candidates = candidates
        self._client = client
        self._attempts = attempts
        self._bodies = bodies
        self._kept = kept

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Forward a request.

        Raises DownstreamError: 404 for an operation that is not known, a model that there is not, or an answer whose
        provider is not known, 405 for another method, 401 where the provider's key is not set; and UpstreamError, also
        where the answer breaks off: what has begun can then only be cut off.
        """
        operation = self._operations.find(_path(request), request.method)
        with self._bodies.reading() as body:
            return await self._forward(request, operation, await body.read(request))

    async def _forward(self, request: web.Request, operation: Operation, body: bytes) -> web.StreamResponse:
        content_type = request.headers.get(hdrs.CONTENT_TYPE, "")
        asked = await off_loop(len(body), partial(read_asked, body, content_type, self._bodies.limits))
        [candidate] = permitted(request, [self._candidate(request, operation, asked)])
        request[RECORDING].model = request[RESPONSE_HEADERS][X_MODEL] = candidate.model
        wire = format_of(request.path, request.headers).name
        if operation.path == COUNT_TOKENS and wire not in candidate.provider.formats:
            return _estimate(request, asked)
        candidate.refuse_without_key()
        sent = await off_loop(len(body), partial(asked.for_model, candidate.model_id))
        try:
            begun = await self._ask(request, candidate, operation, asked, sent)
        except ProviderAnsweredError as error:
            if not is_of_format(error, wire):
                raise
            return web.Response(status=error.status, body=error.body, headers=to_caller(error.headers))
        return await self._relay(request, begun)

    def _candidate(self, request: web.Request, operation: Operation, asked: Asked) -> Candidate:
        if operation.answer is not None:
            model = self._kept.model_of(request.get(CALLER), operation.answer)
            if model is None:
                raise DownstreamError(
                    404,
                    "It is not known which provider keeps this answer: the gateway remembers those that passed through "
                    "it since it started, for the caller that asked for them.",
                )
            return self._candidates.of_name(model)
        name = asked.model or operation.model
        session = request.get(SESSION)
        if name in DECIDE_FOR_ME and session and session.pin:
            name = session.pin.model
        if name is None and operation.needs_model:
            raise DownstreamError(
                404,
                "This operation goes to the provider of the model that a JSON body or a form names; this one names "
                "none. Send `model`.",
                param="model",
            )
        return self._candidates.of_name(name)

    async def _ask(
        self, request: web.Request, candidate: Candidate, operation: Operation, asked: Asked, body: bytes
    ) -> Begun[_Opened]:
        provider, wire = candidate.provider, format_of(request.path, request.headers).name
        headers = to_provider(request.headers, wire, None, same_format=True)
        if asked.content_type:
            headers[hdrs.CONTENT_TYPE] = asked.content_type
        else:
            headers.popall(hdrs.CONTENT_TYPE, None)
        url = with_query(URL(provider.url_of(operation.path, candidate.model)), request.query, operation.query)

        async def attempt(of: Candidate) -> _Opened:
            add_trace(headers, trace_of_attempt(request))
            authenticate(headers, provider, request.method, url, body, headers_for_providers(request))
            async with AsyncExitStack() as stack:
                made = plain_exchange(self._client, of, wire, request.method, url, headers, body)
                return _Opened(await stack.enter_async_context(made), stack.pop_all())
            raise AssertionError("an exit stack swallows nothing")

        trace = request.get(TRACE)
        note = noting(request[RECORDING])
        return await self._attempts.first((candidate,), attempt, note, trace.trace_id if trace else None)

    async def _relay(self, request: web.Request, begun: Begun[_Opened]) -> web.StreamResponse:
        trace = request.get(TRACE)
        recording = request[RECORDING]
        async with begun.result.exchange:
            try:
                response = await _pass(request, begun.candidate, begun.result.answer)
            except UpstreamError as error:
                recording.broken = error.cause
                raise
            finally:
                self._attempts.ended(begun, recording.broken, trace.trace_id if trace else None)
        return response


async def _pass(request: web.Request, candidate: Candidate, answer: PlainAnswer) -> web.StreamResponse:
    """Pass the bytes as they come, and look for the usage at their end."""
    response = web.StreamResponse(status=answer.response.status, headers=to_caller(answer.response.headers))
    recording, tail = request[RECORDING], UsageTail()
    await response.prepare(request)
    async with aclosing(answer.chunks(candidate)) as arriving:
        async for chunk in arriving:
            recording.note_first_token()
            tail.feed(chunk)
            await response.write(chunk)
    if usage := tail.usage():
        recording.note_usage(usage)
    await response.write_eof()
    return response


def _estimate(request: web.Request, asked: Asked) -> web.Response:
    request[RESPONSE_HEADERS][X_WARNINGS] = ESTIMATED
    request[RECORDING].warnings.append(ESTIMATED)
    return web.json_response({"input_tokens": estimate_tokens(asked.body)})


def _path(request: web.Request) -> str:
    """Return the path below `/v1/`, as it was sent.

    Raises DownstreamError (404) for one that would climb out of it, and for a chat endpoint that ends in a slash, which
    would go around the routes.
    """
    if (meant := request.path.rstrip("/")) in ENDPOINTS:
        raise DownstreamError(404, f"There is no such path. It is {meant}, without a slash at its end.")
    for path in ENDPOINTS:
        if request.path.endswith(path):
            raise DownstreamError(404, f"There is no such path. It is {path}: the base URL is too long by a `/v1`.")
    if not {".", ".."}.isdisjoint(request.path.split("/")):
        raise DownstreamError(404, "There is no such path: it holds `.` or `..`.")
    return request.rel_url.raw_path.removeprefix(PREFIX)
