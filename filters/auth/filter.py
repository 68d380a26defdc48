"""The auth filter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from aiohttp import hdrs, web

from filters.api import CALLER, WHO, Filter, Handler
from filters.auth.scheme import Scheme
from filters.caller import Caller, forbidden
from filters.context import Decision
from filters.errors import DownstreamError

_MISSING: Final = "This gateway asks for a key: send yours as `Authorization: Bearer KEY` or as `x-api-key: KEY`."
_UNKNOWN: Final = "The key is not one of this gateway's."
_CHALLENGE: Final[Mapping[str, str]] = {hdrs.WWW_AUTHENTICATE: "Bearer"}


class AuthFilter(Filter):
    """Writes `CALLER` and `WHO`. The first scheme that knows the caller counts."""

    provides: ClassVar[tuple[web.RequestKey[Any], ...]] = (CALLER, WHO)

    def __init__(self, schemes: Sequence[Scheme]) -> None:
        self._schemes = tuple(schemes)

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request of a caller that is known."""
        caller = self._caller(request)
        request[WHO], request[CALLER] = caller, caller.name
        return await handler(request)

    async def on_decision(self, request: web.Request, decision: Decision) -> Decision:
        """Take out of a decision what the caller may not use."""
        caller = request[WHO]
        route = None if decision.inline else decision.route
        allowed = tuple(model for model in decision.candidates if caller.may_use(model, route))
        if decision.candidates and not allowed:
            raise forbidden(caller)
        return decision if len(allowed) == len(decision.candidates) else replace(decision, candidates=allowed)

    def _caller(self, request: web.Request) -> Caller:
        for scheme in self._schemes:
            caller = scheme.caller_of(request)
            if caller is not None:
                return caller
        said = hdrs.AUTHORIZATION in request.headers or "x-api-key" in request.headers
        raise DownstreamError(401, _UNKNOWN if said else _MISSING, code="invalid_api_key", headers=_CHALLENGE)
