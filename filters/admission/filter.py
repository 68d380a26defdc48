"""The admission filter."""

from typing import Any, ClassVar, Final

from aiohttp import hdrs, web

from filters.admission.queue import Admission, AdmissionLimits, FullError
from filters.api import WHO, Filter, Handler
from filters.errors import DownstreamError

_RETRY_SECONDS: Final = "1"


class AdmissionFilter(Filter):
    """Lets requests in as far as there are places."""

    wants: ClassVar[tuple[web.RequestKey[Any], ...]] = (WHO,)

    def __init__(self, admission: Admission, limits: AdmissionLimits) -> None:
        self._admission = admission
        self._limits = limits

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request once it has a place."""
        caller = request.get(WHO)
        name, most = (caller.name, caller.max_in_flight) if caller else (request.remote or "", None)
        if not self._admission.enter_at_once(name, self._limits, most):
            await self._wait(name, most)
        try:
            return await handler(request)
        finally:
            self._admission.leave(name)

    async def _wait(self, name: str, most: int | None) -> None:
        try:
            await self._admission.enter(name, self._limits, most)
        except FullError:
            raise DownstreamError(
                503,
                "The gateway serves as many requests as it may at once (limits.max_in_flight, or the max_in_flight of"
                " the caller's key); try again.",
                headers={hdrs.RETRY_AFTER: _RETRY_SECONDS},
            ) from None
