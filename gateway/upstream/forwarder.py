"""The end of the chain: serves `/v1/*` by way of the providers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from filters.api import CALLER
from filters.context import ChatRequest, Served
from filters.errors import DownstreamError, UpstreamError
from filters.format_detection.body import BodyReader
from filters.formats.canonical.events import Failure
from filters.formats.registry import FORMATS
from filters.off_loop import off_loop
from gateway.config.model import Config
from gateway.resilience.retry import CONTENT_FILTER
from gateway.telemetry.recording import RECORDING
from gateway.upstream.attempts import Attempts, Begun, noting
from gateway.upstream.candidates import Candidate
from gateway.upstream.client import UpstreamClient
from gateway.upstream.counted import Counted
from gateway.upstream.downstream import Downstream
from gateway.upstream.end import End
from gateway.upstream.exchange import Answer, AnswerRules, exchange
from gateway.upstream.failures import ProviderAnsweredError
from gateway.upstream.headers import to_caller, trace_id_of
from gateway.upstream.kept_answers import KeptAnswers
from gateway.upstream.observe import Observer
from gateway.upstream.operation_request import OperationRequests
from gateway.upstream.outbound import Outbound
from gateway.upstream.passthrough import Passthrough
from gateway.upstream.relay import Send, prepare
from gateway.upstream.sending import addressed, outbound_for
from gateway.upstream.telling import tell_served
from gateway.upstream.wrapping import is_of_format


@dataclass(frozen=True, slots=True)
class _Opened:
    """An answer that has begun: what was lost in asking for it, and what sends it.

    What was sent to the provider is not among this: a stream may last long, and its request be large.
    """

    warnings: Sequence[str]
    kept: Sequence[str]
    """The id under which the provider keeps the answer for the caller, empty where it does not."""
    served: Served
    send: Send
    answer: Answer


class Forwarder(End):
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
        bodies: BodyReader,
        kept: KeptAnswers,
    ) -> None:
        super().__init__(config, kept)
        self._client = client
        self._attempts = attempts
        self._began = began
        self._rules = AnswerRules(config.limits.max_answer_bytes, CONTENT_FILTER in config.fallback_on)
        self._keepalive = config.limits.keepalive_seconds
        operations = OperationRequests(config, self._candidates, bodies.limits, kept)
        self._passthrough = Passthrough(operations, client, attempts, bodies)

    async def _chat(
        self, request: web.Request, chat: ChatRequest, candidates: Sequence[Candidate]
    ) -> web.StreamResponse:
        downstream = Downstream(request, chat, self._keepalive)
        with downstream.keeping_alive():
            async with Counted(request[RECORDING], chat):
                try:
                    begun = await self._ask(request, chat, candidates)
                except (DownstreamError, UpstreamError) as error:
                    return await _not_served(downstream, error, chat)
                await self._relay(chat, begun, downstream)
        return downstream.response

    async def _operation(self, request: web.Request) -> web.StreamResponse:
        return await self._passthrough.forward(request)

    async def _ask(self, request: web.Request, chat: ChatRequest, candidates: Sequence[Candidate]) -> Begun[_Opened]:
        """Have the candidates asked. What was written for one lives until it begins to answer or the next is asked."""
        written: dict[str, Outbound] = {}

        async def attempt(candidate: Candidate) -> _Opened:
            request[RECORDING].model = candidate.model
            if candidate.model not in written:
                written.clear()
                candidate.refuse_without_key()
                written[candidate.model] = await off_loop(len(chat.raw), partial(outbound_for, chat, candidate))
            return await self._open(request, chat, candidate, written[candidate.model])

        note = noting(request[RECORDING])
        return await self._attempts.first(candidates, attempt, note, trace_id_of(request))

    async def _open(self, request: web.Request, chat: ChatRequest, candidate: Candidate, out: Outbound) -> _Opened:
        """Have one candidate begin its answer. Raises UpstreamError; nothing goes downstream here."""
        url, headers = addressed(request, chat, candidate, out)
        started = time.perf_counter()
        request[RECORDING].asked = True
        answer = await exchange(self._client, candidate, out, url, headers, self._rules)
        try:
            self._began(candidate.model, time.perf_counter() - started)
            observer = Observer(request, out.wire)
            send = await prepare(chat, candidate, out, answer, observer, self._rules.max_bytes)
            served = Served(candidate.model, len(request[RECORDING].attempts) + 1, out.wire, answer.streamed)
            keeping = FORMATS[out.wire].keeping if out.request is None else None
            kept = list(keeping.kept(chat.body, answer.ident)) if keeping else ()
            return _Opened(out.warnings, kept, served, send, answer)
        except BaseException:
            self._release(answer)
            raise

    async def _relay(self, chat: ChatRequest, begun: Begun[_Opened], downstream: Downstream) -> None:
        """Send the answer that has begun, and note how it ended."""
        request, opened = downstream.request, begun.result
        background = chat.body.get("background") is True
        try:
            for ident in opened.kept:
                await self._kept.remember(request.get(CALLER), ident, opened.served.model, background=background)
            await tell_served(request, opened.served, opened.warnings, begun.skipped)
            broken = await opened.send(downstream)
        finally:
            self._release(opened.answer)
        self._attempts.ended(begun, broken, trace_id_of(request))
        request[RECORDING].broken = broken

    def _release(self, answer: Answer) -> None:
        self._client.release(answer.response, complete=answer.complete)


async def _not_served(
    downstream: Downstream, error: DownstreamError | UpstreamError, chat: ChatRequest
) -> web.StreamResponse:
    """Tell the caller that nobody serves: in its stream, where that is open, or in what the provider said."""
    if downstream.is_open:
        await _fail(downstream, error)
        return downstream.response
    if isinstance(error, ProviderAnsweredError) and is_of_format(error, chat.format):
        return web.Response(status=error.status, body=error.body, headers=to_caller(error.headers))
    try:
        raise error
    finally:
        del error  # it holds this frame, and with it the request


async def _fail(downstream: Downstream, error: DownstreamError | UpstreamError) -> None:
    """Tell the caller of a stream that was kept open that nobody serves."""
    recording = downstream.request[RECORDING]
    recording.broken = error.cause if isinstance(error, UpstreamError) else "refused"
    recording.reason = error.message if isinstance(error, DownstreamError) else None
    await downstream.fail(Failure(error.status, error.message, error.kind, error.code, error.param))
