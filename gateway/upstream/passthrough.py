"""Other operations below `/v1/` (embeddings, audio, images, count_tokens, ...): forwarded with their bytes untouched.

They are asked by the same attempts as chat, with the same retries, health and records.
"""

from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

from aiohttp import web

from filters.errors import UpstreamError
from filters.format_detection.body import BodyReader
from filters.formats.canonical.events import Usage
from gateway.telemetry.recording import RECORDING
from gateway.upstream.attempts import Attempts, Begun, noting
from gateway.upstream.candidates import Candidate
from gateway.upstream.client import UpstreamClient
from gateway.upstream.failures import ProviderAnsweredError
from gateway.upstream.headers import to_caller, trace_id_of
from gateway.upstream.operation_request import OperationRequest, OperationRequests
from gateway.upstream.plain_exchange import PlainAnswer, plain_exchange
from gateway.upstream.usage_tail import UsageTail
from gateway.upstream.wrapping import is_of_format


@dataclass(frozen=True, slots=True)
class _Opened:
    """An answer that has begun, and what ends its exchange."""

    answer: PlainAnswer
    exchange: AsyncExitStack


class Passthrough:
    """Forwards what is no chat request, unread but for the model's name."""

    def __init__(
        self, requests: OperationRequests, client: UpstreamClient, attempts: Attempts, bodies: BodyReader
    ) -> None:
        self._requests = requests
        self._client = client
        self._attempts = attempts
        self._bodies = bodies

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Forward a request.

        Raises DownstreamError as `OperationRequests` does; and UpstreamError, also where the answer breaks off: what
        has begun can then only be cut off.
        """
        operation = self._requests.find(request)
        with self._bodies.reading() as body:
            made = await self._requests.of(request, operation, await body.read(request))
            if isinstance(made, web.Response):
                return made
            try:
                begun = await self._ask(request, made)
            except ProviderAnsweredError as error:
                if not is_of_format(error, made.wire):
                    raise
                return web.Response(status=error.status, body=error.body, headers=to_caller(error.headers))
            return await self._relay(request, made, begun)

    async def _ask(self, request: web.Request, made: OperationRequest) -> Begun[_Opened]:
        async def attempt(of: Candidate) -> _Opened:
            url, headers = made.addressed(request)
            async with AsyncExitStack() as stack:
                begins = plain_exchange(self._client, of, made.wire, request.method, url, headers, made.body)
                return _Opened(await stack.enter_async_context(begins), stack.pop_all())
            raise AssertionError("an exit stack swallows nothing")

        note = noting(request[RECORDING])
        return await self._attempts.first((made.candidate,), attempt, note, trace_id_of(request))

    async def _relay(self, request: web.Request, made: OperationRequest, begun: Begun[_Opened]) -> web.StreamResponse:
        recording = request[RECORDING]
        async with begun.result.exchange:
            try:
                response, usage = await _pass(request, begun.candidate, begun.result.answer)
                await self._requests.note_usage(request, made.operation, usage)
                await response.write_eof()
            except UpstreamError as error:
                recording.broken = error.cause
                raise
            finally:
                self._attempts.ended(begun, recording.broken, trace_id_of(request))
        return response


async def _pass(
    request: web.Request, candidate: Candidate, answer: PlainAnswer
) -> tuple[web.StreamResponse, Usage | None]:
    """Pass the bytes as they come, all but the end of the response, and return what they say of tokens."""
    response = web.StreamResponse(status=answer.response.status, headers=to_caller(answer.response.headers))
    recording, tail = request[RECORDING], UsageTail()
    await response.prepare(request)
    async with aclosing(answer.chunks(candidate)) as arriving:
        async for chunk in arriving:
            recording.note_first_token()
            tail.feed(chunk)
            await response.write(chunk)
    return response, tail.usage()
