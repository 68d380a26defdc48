"""What the caller of a request may be served by, and which of its headers no provider may see."""

from collections.abc import Sequence

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from filters.api import WHO
from filters.caller import forbidden, unpriced
from filters.context import Decision
from gateway.telemetry.recording import RECORDING
from gateway.upstream.candidates import Candidate


def permitted(
    request: web.Request, candidates: Sequence[Candidate], decision: Decision | None = None
) -> Sequence[Candidate]:
    """Return the candidates that the caller may use, and whose cost can be counted where it has a budget in money.

    Raises DownstreamError (403) where there are none.
    """
    caller = request.get(WHO)
    if caller is None:
        return candidates
    route = decision.route if decision and not decision.inline else None
    allowed = [candidate for candidate in candidates if caller.may_use(candidate.model, route)]
    if not allowed:
        raise forbidden(caller)
    if not caller.needs_prices:
        return allowed
    recording = request[RECORDING]
    priced = [candidate for candidate in allowed if recording.can_price(candidate.model)]
    if not priced:
        raise unpriced(caller, allowed[0].model)
    return priced


def headers_for_providers(request: web.Request) -> CIMultiDictProxy[str]:
    """Return the request's headers without the caller's key for this gateway."""
    caller = request.get(WHO)
    if caller is None:
        return request.headers
    kept = ((name, value) for name, value in request.headers.items() if name.lower() not in caller.credential)
    return CIMultiDictProxy(CIMultiDict(kept))
