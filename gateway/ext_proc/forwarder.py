"""The end of the chain inside Envoy: it tells Envoy where a request goes, with which body, and watches the answer.

    candidates --(can be asked)--> told to Envoy --(the answer's headers)--> begun --> ended | broken
        |                              |
        +--(none can)--> refused       +--(an error status)--> failed: the error goes on as it is, or written anew

It stands where the forwarder of `gateway.upstream` does, makes candidates and bodies by the same functions, and keeps
the same health of models. What it does not do is try again: once Envoy has been told, that is for Envoy's retry policy.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial

from aiohttp import web

from filters.api import CALLER, DECISION, RESPONSE_HEADERS, Handler
from filters.context import ChatRequest, Served
from filters.errors import UpstreamError
from filters.format_detection.body import BodyReader
from filters.off_loop import off_loop
from filters.routing.reply import X_MODEL
from gateway.config.model import Config
from gateway.ext_proc.answer import Answer, fail, pass_operation, watch
from gateway.ext_proc.exchange import EXCHANGE, Asked
from gateway.ext_proc.headers import request_headers
from gateway.ext_proc.messages import Facts
from gateway.resilience.retry import RetryPolicy
from gateway.runtime.state import State
from gateway.telemetry.recording import RECORDING
from gateway.upstream.attempts import Attempts, noting
from gateway.upstream.candidates import Candidate
from gateway.upstream.counted import Counted
from gateway.upstream.end import End
from gateway.upstream.failures import ProviderAnsweredError
from gateway.upstream.headers import trace_id_of
from gateway.upstream.health import Health
from gateway.upstream.kept_answers import KeptAnswers
from gateway.upstream.operation_request import OperationRequest, OperationRequests
from gateway.upstream.outbound import outbound
from gateway.upstream.sending import addressed, outbound_for
from gateway.upstream.telling import tell_served


class _AskedOnce(RetryPolicy):
    """No retry, and no other candidate after one that was asked."""

    def delay(self, tries: int, error: UpstreamError, max_retries: int) -> None:
        """Wait for nothing."""

    def falls_back(self, error: UpstreamError) -> bool:  # noqa: ARG002 - as RetryPolicy's
        """Leave the next candidate alone."""
        return False


def end(config: Config, state: State, bodies: BodyReader, *, streams_unseen: bool = False) -> Handler:
    """Return the end of the chain inside Envoy. With `streams_unseen`, streams that need no change are not watched."""
    attempts = Attempts(_AskedOnce(), state.retry_budget, Health(state.outliers, config.resilience.ejection))
    kept = KeptAnswers(state.storage.answers(config.routing))
    began = state.latencies.record
    return EnvoyForwarder(config, attempts, began, bodies, kept, streams_unseen=streams_unseen).forward


class EnvoyForwarder(End):
    """Has Envoy send requests to providers.

    `attempts` holds what is known of those; `began` is told of each answer that begins: its model, and after how many
    seconds.
    """

    def __init__(
        self,
        config: Config,
        attempts: Attempts,
        began: Callable[[str, float], None],
        bodies: BodyReader,
        kept: KeptAnswers,
        *,
        streams_unseen: bool = False,
    ) -> None:
        super().__init__(config, kept)
        self._operations = OperationRequests(config, self._candidates, bodies.limits, kept)
        self._attempts = attempts
        self._began = began
        self._bodies = bodies
        self._max_bytes = config.limits.max_answer_bytes
        self._unseen = streams_unseen
        self._write = outbound if streams_unseen else outbound_for

    async def _chat(
        self, request: web.Request, chat: ChatRequest, candidates: Sequence[Candidate]
    ) -> web.StreamResponse:
        attempt, trace_id = partial(self._ask, request, chat), trace_id_of(request)
        async with Counted(request[RECORDING], chat):
            try:
                begun = await self._attempts.first(candidates, attempt, noting(request[RECORDING]), trace_id)
            except ProviderAnsweredError as error:
                return web.StreamResponse(status=error.status)
            answer = begun.result
            served = Served(begun.candidate.model, len(request[RECORDING].attempts), answer.wire, answer.head.streamed)
            await tell_served(request, served, answer.losses, begun.skipped)
            broken = await watch(request, chat, answer, self._max_bytes, streams_unseen=self._unseen)
            self._attempts.ended(begun, broken, trace_id)
            request[RECORDING].broken = broken
        return web.StreamResponse(status=answer.head.status)

    async def _ask(self, request: web.Request, chat: ChatRequest, candidate: Candidate) -> Answer:
        """Have one candidate asked. Raises DownstreamError where it cannot be, UpstreamError where it fails."""
        request[RECORDING].model = request[RESPONSE_HEADERS][X_MODEL] = candidate.model
        candidate.refuse_without_key()
        out = await off_loop(len(chat.raw), partial(self._write, chat, candidate))
        url, sent = addressed(request, chat, candidate, out)
        started = time.perf_counter()
        request[RECORDING].asked = True
        asked = Asked(*request_headers(request, candidate, url, sent), out.body, _facts(request, candidate))
        head = await request[EXCHANGE].ask(asked)
        answer = Answer(head, out.wire, out.request, out.warnings)
        if head.status >= 300:
            raise await fail(request, answer, candidate, chat.format)
        self._began(candidate.model, time.perf_counter() - started)
        return answer

    async def _operation(self, request: web.Request) -> web.StreamResponse:
        """Serve an operation that is no chat."""
        operation = self._operations.find(request)
        with self._bodies.reading() as body:
            made = await self._operations.of(request, operation, await body.read(request))
        if isinstance(made, web.Response):
            return made
        attempt, trace_id = partial(self._ask_operation, request, made), trace_id_of(request)
        try:
            begun = await self._attempts.first((made.candidate,), attempt, noting(request[RECORDING]), trace_id)
        except ProviderAnsweredError as error:
            return web.StreamResponse(status=error.status)
        broken, usage = await pass_operation(request, begun.result.head)
        await self._operations.note_usage(request, operation, usage)
        self._attempts.ended(begun, broken, trace_id)
        request[RECORDING].broken = broken
        return web.StreamResponse(status=begun.result.head.status)

    async def _ask_operation(self, request: web.Request, made: OperationRequest, candidate: Candidate) -> Answer:
        url, sent = made.addressed(request)
        body = made.body if request[EXCHANGE].had_body else None
        asked = Asked(*request_headers(request, candidate, url, sent), body, _facts(request, candidate))
        answer = Answer(await request[EXCHANGE].ask(asked), made.wire, None)
        if answer.head.status >= 300:
            raise await fail(request, answer, candidate, made.wire)
        return answer


def _facts(request: web.Request, candidate: Candidate) -> Facts:
    """Return what Envoy's access log, its other filters and its load balancer may want to know."""
    decision = request.get(DECISION)
    return {
        "model": candidate.model,
        "route": decision.route if decision else None,
        "decided_by": decision.decided_by if decision else None,
        "pinned": decision.pinned if decision else None,
        "trace_id": trace_id_of(request),
        "caller": request.get(CALLER),
    }
