"""The routing filter."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final, Literal

from aiohttp import web

from filters.api import (
    BOUND,
    CHAT,
    DECIDED,
    DECISION,
    DECISION_ID,
    HOOKS,
    RESPONSE_HEADERS,
    SESSION,
    TENANT,
    TRACE,
    Filter,
    Handler,
    PinStore,
)
from filters.context import NO_MODEL, Assessment, ChatRequest, Decision, Pin, Served
from filters.formats.conversation import is_continuation, reasoning_vendor, turn_identity
from filters.off_loop import off_loop
from filters.routing.classifier import BoundClassifier, Prefer, Route, Skipped
from filters.routing.explain import explain_unclassified, explain_verdict
from filters.routing.inline import FIELDS, InlineRoutes, brings_routes, read_inline
from filters.routing.prompt import prompt_of
from filters.routing.reply import in_headers, reply

DECIDE_FOR_ME: Final = frozenset({None, "", "auto", NO_MODEL})
"""What a caller writes for `model` where it leaves the choice to the gateway."""
_TRUE: Final = frozenset({"true", "1", "yes"})

_TURN: Final[web.RequestKey[str]] = web.RequestKey("turn")
"""The key under which the decision of a turn is remembered for the steps of its tool loop."""
Rank = Callable[[Sequence[str], Prefer], Sequence[str]]
"""Orders a route's models by its selection policy."""


class RoutingFilter(Filter):
    """Writes `DECISION`, and answers where only the decision was asked for.

    `configured` is the classifier bound to the configured routes; `inline` binds it to those of a request. With
    `apply_to="auto"`, a proxied request that names a model is left alone. `vendor_of` tells whose signed reasoning a
    model can go on from. `turns`, where there is one, remembers the decision of a turn for each step of its tool loop.
    With `keep_prompts`, the assessment holds what the user said, for who stores that.
    """

    needs: ClassVar[tuple[web.RequestKey[Any], ...]] = (TRACE, CHAT)
    wants: ClassVar[tuple[web.RequestKey[Any], ...]] = (SESSION, TENANT, BOUND)
    provides: ClassVar[tuple[web.RequestKey[Any], ...]] = (DECISION,)

    def __init__(
        self,
        configured: BoundClassifier,
        inline: InlineRoutes,
        rank: Rank,
        apply_to: Literal["all", "auto"] = "all",
        vendor_of: Callable[[str], str | None] = lambda _: None,
        turns: PinStore | None = None,
        *,
        keep_prompts: bool = False,
    ) -> None:
        self._configured = configured
        self._inline = inline
        self._rank = rank
        self._apply_to = apply_to
        self._vendor_of = vendor_of
        self._turns = turns
        self._keep_prompts = keep_prompts
        self._routes = {route.name: route for route in configured.routes}
        self._route_names = tuple(self._routes)

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Decide; answer or pass on."""
        chat = request[CHAT]
        if chat is None:
            request[DECISION] = None
            return await handler(request)
        explain = _wants_explain(request)
        began = time.perf_counter()
        decision = await self._decide(chat, request, explain=explain)
        request[DECISION] = decision = await request[HOOKS].decided(request, decision)
        request[DECIDED] = (began, time.perf_counter())
        if chat.decision_only:
            session, trace_id = request.get(SESSION), request[TRACE].trace_id
            request[RESPONSE_HEADERS].update(in_headers(decision, session, trace_id))
            return reply(decision, session, trace_id, request.get(DECISION_ID))
        return await handler(request)

    async def on_served(self, request: web.Request, served: Served) -> None:
        """Let the remembered decision of the turn follow where a fallback served."""
        key, decision = request.get(_TURN), request.get(DECISION)
        if self._turns and key and decision and decision.model not in {None, served.model}:
            await self._turns.move(key, Pin(served.model, decision.route, decision.inline))

    async def _decide(self, chat: ChatRequest, request: web.Request, *, explain: bool) -> Decision:
        own_routes = (
            await off_loop(len(chat.raw), partial(read_inline, chat.body)) if brings_routes(chat.body) else None
        )
        if (bound := request.get(BOUND)) is not None:
            return self._recalled(bound, "the request is bound to a decision", explain=explain)
        if not self._applies(chat):
            why = explain_unclassified("none", (), "routing", "the request names its model") if explain else None
            return Decision(None, (), "none", explain=why)
        session = request.get(SESSION)
        if session is not None and session.pin is not None:
            return self._recalled(session.pin, "the session is pinned", pinned=True, explain=explain)
        return await self._decide_turn(request, chat, own_routes, explain=explain)

    async def _decide_turn(
        self, request: web.Request, chat: ChatRequest, own_routes: Sequence[Route] | None, *, explain: bool
    ) -> Decision:
        """Classify; or, in a tool loop that keeps its decision, recall it."""
        if self._turns is None or not chat.body.get("tools"):
            return await self._classify(chat, own_routes, explain=explain)
        scope = request.get(TENANT), [chat.body.get(field) for field in FIELDS]
        key, continues = await off_loop(len(chat.raw), lambda: (turn_identity(chat, *scope), is_continuation(chat)))
        request[_TURN] = key
        if continues and (kept := await self._turns.get(key)) is not None:
            return self._recalled(kept, "the turn is decided", explain=explain)
        decision = await self._classify(chat, own_routes, explain=explain)
        await self._turns.move(key, Pin(decision.model or NO_MODEL, decision.route, decision.inline))
        return decision

    def _applies(self, chat: ChatRequest) -> bool:
        return chat.decision_only or self._apply_to == "all" or chat.model in DECIDE_FOR_ME

    async def _classify(self, chat: ChatRequest, own_routes: Sequence[Route] | None, *, explain: bool) -> Decision:
        bound = self._configured if own_routes is None else await self._inline.bind(own_routes)
        prompt = await off_loop(len(chat.raw), partial(prompt_of, chat))
        verdict = await bound.classify(prompt)
        route = verdict.route
        candidates = self._rank(route.models, route.prefer) if route else ()
        if route and (vendor := await off_loop(len(chat.raw), partial(reasoning_vendor, chat))):
            candidates = sorted(candidates, key=lambda model: self._vendor_of(model) != vendor)
            verdict = replace(verdict, skipped=(*verdict.skipped, Skipped("ranking", f"{vendor} signed the reasoning")))
        return Decision(
            route=route.name if route else None,
            candidates=candidates,
            decided_by=verdict.decided_by,
            inline=own_routes is not None,
            explain=explain_verdict(verdict, bound, prompt, candidates) if explain else None,
            assessment=Assessment(
                self._names(bound, own_routes),
                verdict.scores,
                verdict.thresholds,
                verdict.skipped,
                verdict.elapsed_us,
                verdict.reading,
                (prompt.text, prompt.previous) if self._keep_prompts else None,
            ),
        )

    def _names(self, bound: BoundClassifier, own_routes: Sequence[Route] | None) -> Sequence[str]:
        return self._route_names if own_routes is None else [route.name for route in bound.routes]

    def _recalled(self, pin: Pin, why: str, *, pinned: bool = False, explain: bool) -> Decision:
        candidates = () if pin.model == NO_MODEL else self._candidates(pin)
        explained = explain_unclassified("pin", candidates, "classifier", why) if explain else None
        return Decision(pin.route, candidates, "pin", pinned, pin.inline, explained)

    def _candidates(self, pin: Pin) -> Sequence[str]:
        """Put the pinned model first; the other models of its route stay as fallbacks."""
        route = None if pin.inline or pin.route is None else self._routes.get(pin.route)
        others = self._rank(route.models, route.prefer) if route else ()
        return (pin.model, *(model for model in others if model != pin.model))


def _wants_explain(request: web.Request) -> bool:
    if request.rel_url.raw_query_string and request.query.get("explain", "").lower() in _TRUE:
        return True
    return request.headers.get("X-Routing-Explain", "").lower() in _TRUE
