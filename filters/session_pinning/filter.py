"""The session pinning filter."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from aiohttp import web

from filters.api import CALLER, CHAT, DECISION, SESSION, TENANT, Filter, Handler, PinStore
from filters.context import ChatRequest, Decision, Pin, Served, Session
from filters.formats.background import is_background
from filters.formats.registry import ENDPOINTS
from filters.off_loop import off_loop
from filters.session_pinning.key import missing_tenant, pin_key, session_id, subagents_of, tenant_of


class SessionPinningFilter(Filter):
    """Writes `SESSION` and `TENANT`, claims the pin of a session, and moves it to the model that served.

    `knows` tells whether a model is configured; a pin to one that is not is dropped. A decision endpoint keeps one that
    came from routes in a request's own body, which may name any model there.
    """

    wants: ClassVar[tuple[web.RequestKey[Any], ...]] = (CALLER,)
    provides: ClassVar[tuple[web.RequestKey[Any], ...]] = (SESSION, TENANT)

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
        endpoint = ENDPOINTS.get(request.path)
        if endpoint is None:
            request[SESSION] = request[TENANT] = None
        else:
            tenant = tenant_of(request.headers, self._tenant_header, request.get(CALLER))
            request[TENANT] = tenant
            request[SESSION] = await self._session(request, tenant, decision_only=endpoint.decision_only)
        return await handler(request)

    async def on_decision(self, request: web.Request, decision: Decision) -> Decision:
        """Claim the pin. Where another request of the session was first, its choice stands.

        What an application asks for itself (a title, the quota) claims nothing: the user's own request decides.
        """
        session, chat = request[SESSION], request.get(CHAT)
        if session is None or session.pin is not None or decision.model is None:
            return decision
        if chat is not None and await _is_background(chat):
            return decision
        pin = Pin(decision.model, decision.route, decision.inline)
        standing = await self._store.claim(session.key, pin)
        return decision if standing == pin else _recalled(standing, decision)

    async def on_served(self, request: web.Request, served: Served) -> None:
        """Let the pin follow where a fallback served."""
        session, decision = request[SESSION], request.get(DECISION)
        if session is None or decision is None or decision.model in {None, served.model}:
            return
        chat = request.get(CHAT)
        if session.pin is not None or chat is None or not await _is_background(chat):
            await self._store.move(session.key, Pin(served.model, decision.route, decision.inline))

    async def _session(self, request: web.Request, tenant: str | None, *, decision_only: bool) -> Session | None:
        headers = request.headers
        ident = session_id(headers, self._headers)
        if ident is None:
            return None
        if self._tenant_header and tenant is None:
            raise missing_tenant(self._tenant_header)
        key = pin_key(ident, tenant, subagents_of(headers, self._subagent_headers))
        pin = await self._store.get(key)
        if pin is not None and not self._knows(pin.model) and not (pin.inline and decision_only):
            await self._store.drop(key)
            pin = None
        return Session(ident, key, pin)


async def _is_background(chat: ChatRequest) -> bool:
    return await off_loop(len(chat.raw), partial(is_background, chat))


def _recalled(pin: Pin, decision: Decision) -> Decision:
    """Return the decision of a pin that another request made while this one was decided."""
    fallbacks = decision.candidates if decision.route == pin.route else ()
    candidates = (pin.model, *(model for model in fallbacks if model != pin.model))
    explain = decision.explain
    if explain is not None:
        explain = {**explain, "candidates": list(candidates), "decided_by": "pin"}
    return Decision(pin.route, candidates, "pin", pinned=True, inline=pin.inline, explain=explain)
