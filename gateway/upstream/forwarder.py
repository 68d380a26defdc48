"""The end of the chain: serves `/v1/*` by way of the providers."""

import time
from collections.abc import Callable
from functools import partial

from aiohttp import hdrs, web
from yarl import URL

from filters.api import CHAT, DECISION, HOOKS, RESPONSE_HEADERS, SESSION, TRACE
from filters.context import ChatRequest, Decision, Served
from filters.errors import DownstreamError, UpstreamError
from filters.format_detection.body import BodyReader
from filters.record import Attempt
from gateway.config.model import Config
from gateway.telemetry.recording import RECORDING
from gateway.upstream.attempts import Attempts
from gateway.upstream.candidates import Candidate, Candidates
from gateway.upstream.client import UpstreamClient
from gateway.upstream.exchange import exchange
from gateway.upstream.failures import ProviderAnsweredError
from gateway.upstream.headers import (
    X_MODEL,
    X_PINNED,
    X_ROUTE,
    X_WARNINGS,
    authenticate,
    to_caller,
    to_provider,
    with_query,
)
from gateway.upstream.models import Models
from gateway.upstream.observe import Observer
from gateway.upstream.off_loop import off_loop
from gateway.upstream.outbound import Outbound, outbound
from gateway.upstream.passthrough import Passthrough
from gateway.upstream.relay import Sent, prepare


class Forwarder:
    """Sends requests to providers.

    `attempts` holds what is known of those; `began` is told of each answer that begins: its model, and after how many
    seconds.
    """

    def __init__(
        self,
        config: Config,
        client: UpstreamClient,
        attempts: Attempts,
        began: Callable[[str, float], None],
        bodies: BodyReader | None = None,
    ) -> None:
        self._candidates = Candidates(config)
        self._client = client
        self._attempts = attempts
        self._began = began
        self._models = Models(config)
        self._passthrough = Passthrough(self._candidates, client, bodies or BodyReader())

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Answer a request that the chain has let through."""
        chat = request.get(CHAT)
        if chat is not None:
            if chat.decision_only:
                raise DownstreamError(404, "Nothing decides here: the filter chain of this gateway has no `routing`.")
            return await self._chat(request, chat, request.get(DECISION))
        if self._models.is_asked(request):
            return self._models.answer(request)
        return await self._passthrough.forward(request)

    async def _chat(self, request: web.Request, chat: ChatRequest, decision: Decision | None) -> web.StreamResponse:
        _tell(request, decision)
        candidates = self._candidates.of_chat(chat, decision)
        request[RESPONSE_HEADERS][X_MODEL] = candidates[0].model
        written: dict[str, Outbound] = {}

        async def attempt(candidate: Candidate) -> Sent:
            request[RECORDING].model = candidate.model
            if candidate.model not in written:
                candidate.refuse_without_key()
                written[candidate.model] = await off_loop(chat.raw, partial(outbound, chat, candidate))
            return await self._converse(request, chat, candidate, written)

        trace = request.get(TRACE)
        try:
            sent = await self._attempts.first(candidates, attempt, trace.trace_id if trace else None)
        except ProviderAnsweredError as error:
            if error.provider is None or written[error.provider].request is not None:
                raise
            return web.Response(status=error.status, body=error.body, headers=to_caller(error.headers))
        return sent.response

    async def _converse(
        self, request: web.Request, chat: ChatRequest, candidate: Candidate, written: dict[str, Outbound]
    ) -> Sent:
        """Have one candidate answer. Raises UpstreamError as long as nothing has gone downstream.

        Once it has begun no other will be asked, and what was written for them need not live as long as the stream.
        """
        out = written[candidate.model]
        same = out.request is None
        headers = to_provider(request.headers, out.wire, request.get(TRACE), same_format=same)
        url = URL(candidate.provider.url(out.wire, candidate.model), encoded=True)
        if same and request.query_string:
            url = with_query(url, request.query)
        authenticate(headers, candidate.provider, hdrs.METH_POST, url, out.body, request.headers)
        recording = request[RECORDING]
        started = time.perf_counter()
        try:
            async with exchange(self._client.session(), candidate, out, url, headers) as answer:
                seconds = time.perf_counter() - started
                observer = Observer(request, out.wire)
                send = await prepare(chat, candidate, out, answer, observer)
                recording.attempts.append(Attempt(candidate.model, "ok", answer.response.status, seconds))
                self._began(candidate.model, seconds)
                served = Served(candidate.model, len(recording.attempts), out.wire, answer.streamed)
                await _commit(request, served, out)
                written.clear()
                del out
                sent = await send(request)
        except UpstreamError as error:
            if not (recording.attempts and recording.attempts[-1].outcome == "ok"):
                seconds = time.perf_counter() - started
                recording.attempts.append(Attempt(candidate.model, error.cause, error.provider_status, seconds))
            raise
        recording.broken = sent.broken
        return sent


async def _commit(request: web.Request, served: Served, out: Outbound) -> None:
    """Say who serves, to the caller and to the filters."""
    request[RESPONSE_HEADERS][X_MODEL] = served.model
    if out.warnings:
        request[RESPONSE_HEADERS][X_WARNINGS] = "; ".join(out.warnings)
        request[RECORDING].warnings.extend(out.warnings)
    await request[HOOKS].served(request, served)


def _tell(request: web.Request, decision: Decision | None) -> None:
    headers = request[RESPONSE_HEADERS]
    if decision and decision.route:
        headers[X_ROUTE] = decision.route
    if request.get(SESSION) is not None:
        headers[X_PINNED] = "true" if decision and decision.pinned else "false"
