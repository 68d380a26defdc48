"""What a filter is, the facts that filters meet in, and the ports through which they reach the outside.

A filter is an aiohttp middleware: a callable of a request and the next handler. It reads facts that earlier filters
wrote into the request, writes its own, and either answers by itself (a local reply) or awaits the next handler. What
happens later (the decision, the provider's answer, the end of the request) it sees through hooks, which are collected
once for each chain: a chain pays only for the hooks that its filters have.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar, Final, Protocol

from aiohttp import web

from filters.caller import Caller
from filters.context import ChatRequest, Decision, Pin, Served, Session, TraceContext
from filters.formats.canonical.events import Event
from filters.record import RequestRecord

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PinStore(Protocol):
    """Where pins live. Every operation is O(1) and never raises: a store that is away behaves as an empty one."""

    async def get(self, key: str) -> Pin | None:
        """Return the pin of a session that has not expired."""

    async def claim(self, key: str, pin: Pin) -> Pin:
        """Store a pin unless the session has one, and return the one that now stands."""

    async def move(self, key: str, pin: Pin) -> None:
        """Replace the pin of a session, keeping its expiry: it follows what was served."""

    async def drop(self, key: str) -> None:
        """Forget the pin of a session."""


class EventRewriter(Protocol):
    """Changes one answer on its way to the caller.

    It belongs to one request, so it may hold back what it must see whole. What it holds back it gives no later than
    with `Finish`, `End` or `Failure`, which come last.
    """

    def feed(self, event: Event) -> Iterable[Event]:
        """Take one event of the answer and give what the caller gets in its place: none, one or several."""


RESPONSE_HEADERS: Final[web.RequestKey[dict[str, str]]] = web.RequestKey("response_headers")
"""Headers that a filter wants on the answer, whole or streamed: applied once, when the answer is prepared."""
TRACE: Final[web.RequestKey[TraceContext]] = web.RequestKey("trace")
CALLER: Final[web.RequestKey[str | None]] = web.RequestKey("caller")
"""The name of the caller, where callers have keys."""
WHO: Final[web.RequestKey[Caller]] = web.RequestKey("who")
"""The caller and what it may use, where callers have keys."""
SESSION: Final[web.RequestKey[Session | None]] = web.RequestKey("session")
TENANT: Final[web.RequestKey[str | None]] = web.RequestKey("tenant")
"""Whose sessions are meant, where they are scoped; None elsewhere, and where the caller does not say."""
ATTRIBUTES: Final[web.RequestKey[dict[str, str | int | float | bool]]] = web.RequestKey("attributes")
"""What filters want to stand in the request's record, by names of their own; made by the first that has something."""
CHAT: Final[web.RequestKey[ChatRequest | None]] = web.RequestKey("chat")
"""The parsed chat request, None on other paths. A filter may replace it by one made with `ChatRequest.with_body`."""
DECISION: Final[web.RequestKey[Decision | None]] = web.RequestKey("decision")
BOUND: Final[web.RequestKey[Pin]] = web.RequestKey("bound")
"""What was decided for this request before it came; only where it is bound to a decision."""
DECISION_ID: Final[web.RequestKey[str]] = web.RequestKey("decision_id")
"""The id by which a later request can be bound to this one's decision; only where there is one."""
DECIDED: Final[web.RequestKey[tuple[float, float]]] = web.RequestKey("decided")
"""When the decision began and when it stood, in seconds on the clock of `time.perf_counter`."""


class Filter:
    """One stage of the chain: an aiohttp middleware that says what it reads and writes, and may watch what follows.

    One instance serves all requests, so per-request state lives in the request and never on `self`. `needs` are facts
    that filters before it must provide, `wants` facts that it uses where they are present (`request.get(FACT)`).

    Hooks run only where a filter overrides them. They see every answer alike, streamed or whole, translated or passed
    byte for byte.
    """

    __middleware_version__: ClassVar[int] = 1

    needs: ClassVar[tuple[web.RequestKey[Any], ...]] = ()
    wants: ClassVar[tuple[web.RequestKey[Any], ...]] = ()
    provides: ClassVar[tuple[web.RequestKey[Any], ...]] = ()

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request, by itself or through `handler`."""
        raise NotImplementedError

    async def on_decision(self, request: web.Request, decision: Decision) -> Decision:  # noqa: ARG002 - a hook
        """Take a decision before it is answered or acted on, and return the one that stands."""
        return decision

    async def on_served(self, request: web.Request, served: Served) -> None:
        """Learn which model answers, before the first byte goes downstream. Not called where no provider answered."""

    def rewriter(self, request: web.Request) -> EventRewriter | None:  # noqa: ARG002 - a hook
        """Return what changes the answer of this request, None to leave it alone.

        An answer that is changed goes through the canonical form even where both sides speak the same format.
        """
        return None

    def on_event(self, request: web.Request, event: Event) -> None:
        """See one event of the answer: text, thinking, tool call, usage, finish, failure."""

    def on_done(self, request: web.Request, record: RequestRecord) -> None:
        """Learn how the request ended: called exactly once, also where the caller left."""


class Hooks:
    """The hooks of one chain. An answer passes the filters in reverse order, so the last one sees it first."""

    __slots__ = ("_decision", "_done", "_event", "_rewriter", "_served")

    def __init__(self, filters: Iterable[Filter] = ()) -> None:
        """Collect the hooks that the filters override."""
        backwards = list(filters)[::-1]
        self._decision = [each.on_decision for each in backwards if _overrides(each, "on_decision")]
        self._served = [each.on_served for each in backwards if _overrides(each, "on_served")]
        self._rewriter = [each.rewriter for each in backwards if _overrides(each, "rewriter")]
        self._event = [each.on_event for each in backwards if _overrides(each, "on_event")]
        self._done = [each.on_done for each in backwards if _overrides(each, "on_done")]

    @property
    def watches_events(self) -> bool:
        """Whether any filter sees the events of answers."""
        return bool(self._event)

    async def decided(self, request: web.Request, decision: Decision) -> Decision:
        """Return the decision that stands once every filter has seen it."""
        for hook in self._decision:
            decision = await hook(request, decision)
        return decision

    async def served(self, request: web.Request, served: Served) -> None:
        """Tell every filter who answers."""
        for hook in self._served:
            await hook(request, served)

    def rewriters(self, request: web.Request) -> list[EventRewriter]:
        """Return what changes the answer of this request, in the order in which it does."""
        return [rewriter for hook in self._rewriter if (rewriter := hook(request)) is not None]

    def event(self, request: web.Request, event: Event) -> None:
        """Show every filter an event of the answer."""
        for hook in self._event:
            hook(request, event)

    def done(self, request: web.Request, record: RequestRecord) -> None:
        """Tell every filter how the request ended."""
        for hook in self._done:
            hook(request, record)


def _overrides(instance: Filter, name: str) -> bool:
    return getattr(type(instance), name) is not getattr(Filter, name)


NO_HOOKS: Final = Hooks()
HOOKS: Final[web.RequestKey[Hooks]] = web.RequestKey("hooks")
"""The hooks of the chain that serves this request: written before the first filter runs."""
