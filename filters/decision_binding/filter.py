"""The filter that binds requests to decisions."""

import re
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final

from aiohttp import web

from filters.api import ATTRIBUTES, BOUND, CALLER, DECISION_ID, RESPONSE_HEADERS, Filter, Handler, PinStore
from filters.context import NO_MODEL, Decision, Pin
from filters.decision_binding.config import DecisionBindingConfig
from filters.decision_binding.ids import new_id
from filters.errors import DownstreamError
from filters.formats.registry import ENDPOINTS

BIND: Final = "x-pointsman-bind"
ID: Final = "x-pointsman-decision-id"
_TRUE: Final = frozenset({"true", "1", "yes"})
_ISSUED: Final = re.compile(r"[0-9a-f]{20}")


class DecisionBindingFilter(Filter):
    """Writes `BOUND`, the decision that a request is bound to, and gives ids to decisions.

    It comes before the filters that may change a decision, so that it is the last to see one. An id is its caller's
    alone. `knows` tells whether a model is configured: a decision for one that is gone is not honoured.
    """

    wants: ClassVar[tuple[web.RequestKey[Any], ...]] = (CALLER,)
    provides: ClassVar[tuple[web.RequestKey[Any], ...]] = (BOUND,)

    def __init__(self, store: PinStore, knows: Callable[[str], bool], options: DecisionBindingConfig) -> None:
        self._store = store
        self._knows = knows
        self._options = options

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request with the decision that it is bound to looked up."""
        ident = request.headers.get(ID)
        if ident is not None and request.path in ENDPOINTS:
            request[BOUND] = await self._bound(request, ident)
            _attributes(request)["decision_binding"] = ident
        return await handler(request)

    async def on_decision(self, request: web.Request, decision: Decision) -> Decision:
        """Give the decision an id where the caller may come back with it."""
        if request.get(BOUND) is None and self._is_asked(request):
            ident = new_id(time.time())
            await self._store.move(_key(request, ident), _pin(decision))
            request[DECISION_ID] = _attributes(request)["decision_id"] = ident
            request[RESPONSE_HEADERS][ID] = ident
        return decision

    def _is_asked(self, request: web.Request) -> bool:
        if not ENDPOINTS[request.path].decision_only:
            return False
        return self._options.always or request.headers.get(BIND, "").lower() in _TRUE

    async def _bound(self, request: web.Request, ident: str) -> Pin:
        """Return what was decided under an id. Raises DownstreamError where that cannot be honoured."""
        pin = await self._store.get(_key(request, ident)) if _ISSUED.fullmatch(ident) else None
        if pin is None:
            raise DownstreamError(
                400,
                f"The decision that {ID} names is not held. Decisions are held for {self._options.lifetime_seconds} s, "
                f"for the caller who asked for them with {BIND}: true. Ask /routing/v1 again, or leave the header out.",
                param=ID,
            )
        if pin.model != NO_MODEL and not self._knows(pin.model) and not pin.inline:
            raise DownstreamError(
                400, f"The decision that {ID} names was for {pin.model}, which is not configured any more.", param=ID
            )
        return pin


def _pin(decision: Decision) -> Pin:
    return Pin(decision.model or NO_MODEL, decision.route, decision.inline)


def _key(request: web.Request, ident: str) -> str:
    """Return the key of an id, scoped to its caller. A zero byte is in no id and in no name."""
    return f"{request.get(CALLER) or ''}\0{ident}"


def _attributes(request: web.Request) -> dict[str, str | int | float | bool]:
    if ATTRIBUTES not in request:
        request[ATTRIBUTES] = {}
    return request[ATTRIBUTES]
