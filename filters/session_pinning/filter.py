"""The session pinning filter."""

from collections.abc import Callable
from typing import Any, ClassVar

from aiohttp import web

from filters.api import PINS, SESSION, Filter, Handler, PinStore
from filters.context import Session
from filters.session_pinning.key import pin_key, session_id, subagents_of, tenant_of


class SessionPinningFilter(Filter):
    """Writes `SESSION` and `PINS`.

    `knows` tells whether a model is still configured; a pin to one that is not is dropped, unless it came from routes
    in a request's own body, which may name any model.
    """

    provides: ClassVar[tuple[web.RequestKey[Any], ...]] = (SESSION, PINS)

    def __init__(
        self,
        store: PinStore,
        knows: Callable[[str], bool],
        headers: tuple[str, ...],
        tenant_header: str | None = None,
        subagent_headers: tuple[str, ...] = (),
    ) -> None:
        self._store = store
        self._knows = knows
        self._headers = headers
        self._tenant_header = tenant_header
        self._subagent_headers = subagent_headers

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request with its session looked up."""
        request[PINS] = self._store
        request[SESSION] = await self._session(request)
        return await handler(request)

    async def _session(self, request: web.Request) -> Session | None:
        headers = request.headers
        ident = session_id(headers, self._headers)
        if ident is None:
            return None
        tenant = tenant_of(headers, self._tenant_header) if self._tenant_header else None
        key = pin_key(ident, tenant, subagents_of(headers, self._subagent_headers))
        pin = await self._store.get(key)
        if pin is not None and not pin.inline and not self._knows(pin.model):
            await self._store.drop(key)
            pin = None
        return Session(ident, key, pin)
