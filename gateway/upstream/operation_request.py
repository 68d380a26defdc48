"""A request for an operation that is no chat, as it goes to a provider: whose it is, its body, address and headers.

There is one candidate: the provider of the model that the JSON body, the form or the kept answer names.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from filters.api import CALLER, RESPONSE_HEADERS, SESSION, WHO
from filters.caller import untold_cost
from filters.context import WireFormat
from filters.errors import DownstreamError
from filters.format_detection.limits import BodyLimits
from filters.formats.canonical.events import Usage
from filters.formats.estimate import estimate_tokens
from filters.formats.registry import ENDPOINTS, format_of
from filters.off_loop import off_loop
from filters.routing.filter import DECIDE_FOR_ME
from filters.routing.reply import X_MODEL
from gateway.config.model import Config
from gateway.telemetry.recording import RECORDING
from gateway.upstream.answers import json_answer
from gateway.upstream.asked import Asked, read_asked
from gateway.upstream.candidates import Candidate, Candidates
from gateway.upstream.headers import X_WARNINGS, add_trace, authenticate, to_provider, trace_of_attempt, with_query
from gateway.upstream.kept_answers import KeptAnswers
from gateway.upstream.operations import PREFIX, Operation, Operations
from gateway.upstream.permission import headers_for_providers, permitted

COUNT_TOKENS: Final = "messages/count_tokens"
ESTIMATED: Final = "input_tokens is an estimate: the provider of this model does not count tokens"


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """What goes to a provider. `wire` is the format of the caller's errors, `body` what is sent."""

    operation: Operation
    candidate: Candidate
    wire: WireFormat
    content_type: str
    body: bytes

    def addressed(self, request: web.Request) -> tuple[URL, CIMultiDict[str]]:
        """Return where it goes, and with which headers, for the next attempt.

        Raises DownstreamError (401) where the caller's own credentials are to be sent on and there are none.
        """
        provider = self.candidate.provider
        headers = to_provider(request.headers, self.wire, None, same_format=True)
        if self.content_type:
            headers[hdrs.CONTENT_TYPE] = self.content_type
        else:
            headers.popall(hdrs.CONTENT_TYPE, None)
        url = URL(provider.url_of(self.operation.path, self.candidate.model))
        url = with_query(url, request.query, self.operation.query)
        add_trace(headers, trace_of_attempt(request))
        authenticate(headers, provider, request.method, url, self.body, headers_for_providers(request))
        return url, headers


class OperationRequests:
    """Makes them of the requests of callers."""

    def __init__(self, config: Config, candidates: Candidates, limits: BodyLimits, kept: KeptAnswers) -> None:
        self._operations = Operations(config.passthrough_paths)
        self._candidates = candidates
        self._limits = limits
        self._kept = kept

    def find(self, request: web.Request) -> Operation:
        """Return what is asked for. Raises DownstreamError: 404 for what is not known, 405 for another method."""
        return self._operations.find(_path(request), request.method)

    async def of(self, request: web.Request, operation: Operation, body: bytes) -> OperationRequest | web.Response:
        """Return what goes to the provider; or the answer, where the gateway itself gives it.

        Raises DownstreamError: 404 for a model that there is not, or an answer whose provider is not known, 403 for
        one that the caller may not use or whose cost would not be counted, 401 where the provider's key is not set.
        """
        caller = request.get(WHO)
        if caller is not None and caller.needs_prices and not operation.has_price:
            raise untold_cost(caller, operation.path)
        content_type = request.headers.get(hdrs.CONTENT_TYPE, "")
        asked = await off_loop(len(body), partial(read_asked, body, content_type, self._limits))
        [candidate] = permitted(request, [await self._candidate(request, operation, asked)])
        request[RECORDING].model = request[RESPONSE_HEADERS][X_MODEL] = candidate.model
        wire = format_of(request.path, request.headers).name
        if operation.path == COUNT_TOKENS and wire not in candidate.provider.formats:
            return _estimate(request, asked)
        candidate.refuse_without_key()
        sent = await off_loop(len(body), partial(asked.for_model, candidate.model_id))
        return OperationRequest(operation, candidate, wire, asked.content_type, sent)

    async def note_usage(self, request: web.Request, operation: Operation, usage: Usage | None) -> None:
        """Note the tokens that an answer tells of; of one that a provider kept, unless they were counted before."""
        if usage is None:
            return
        if operation.answer is None or await self._kept.is_news(request.get(CALLER), operation.answer):
            request[RECORDING].note_usage(usage)

    async def _candidate(self, request: web.Request, operation: Operation, asked: Asked) -> Candidate:
        if operation.answer is not None:
            model = await self._kept.model_of(request.get(CALLER), operation.answer)
            if model is None:
                raise DownstreamError(
                    404,
                    "It is not known which provider keeps this answer: the gateway remembers those that passed through "
                    "it in the last 30 days, for the caller that asked for them; without a Redis, since it started.",
                )
            return self._candidates.of_name(model)
        name = asked.model or operation.model
        session = request.get(SESSION)
        if name in DECIDE_FOR_ME and session and session.pin:
            name = session.pin.model
        if name is None and operation.needs_model:
            if asked.wrong is not None:
                raise asked.wrong
            raise DownstreamError(
                400,
                "This operation goes to the provider of the model that a JSON body or a form names; this one names "
                "none. Send `model`.",
                param="model",
            )
        return self._candidates.of_name(name)


def _estimate(request: web.Request, asked: Asked) -> web.Response:
    request[RESPONSE_HEADERS][X_WARNINGS] = ESTIMATED
    request[RECORDING].warnings.append(ESTIMATED)
    return json_answer({"input_tokens": estimate_tokens(asked.body)})


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
    if request.path.startswith(PREFIX + "v1/"):
        raise DownstreamError(404, "There is no such path: the base URL is too long by a `/v1`.")
    if not {".", ".."}.isdisjoint(request.path.split("/")):
        raise DownstreamError(404, "There is no such path: it holds `.` or `..`.")
    return request.rel_url.raw_path.removeprefix(PREFIX)
