"""What a filter is, the facts that filters meet in, and the ports through which they reach the outside.

A filter is an aiohttp middleware: a callable of a request and the next handler. It reads facts that earlier filters
wrote into the request, writes its own, and either answers by itself (a local reply) or awaits the next handler.
"""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, Protocol

from aiohttp import web

from filters.context import ChatRequest, Decision, Pin, Session, TraceContext

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


RESPONSE_HEADERS: Final[web.RequestKey[dict[str, str]]] = web.RequestKey("response_headers")
"""Headers that a filter wants on the answer, whole or streamed: applied once, when the answer is prepared."""
TRACE: Final[web.RequestKey[TraceContext]] = web.RequestKey("trace")
SESSION: Final[web.RequestKey[Session | None]] = web.RequestKey("session")
TENANT: Final[web.RequestKey[str | None]] = web.RequestKey("tenant")
"""Whose sessions are meant, where they are scoped; None elsewhere, and where the caller does not say."""
PINS: Final[web.RequestKey[PinStore]] = web.RequestKey("pins")
CHAT: Final[web.RequestKey[ChatRequest | None]] = web.RequestKey("chat")
ASKED: Final[web.RequestKey[str]] = web.RequestKey("asked")
"""The `provider/model` that was asked last: the one that serves, once one does. Written where a request is proxied."""
BROKEN: Final[web.RequestKey[bool]] = web.RequestKey("broken")
"""Written, as True, where an answer failed after it had begun, so that its status does not tell."""
DECISION: Final[web.RequestKey[Decision | None]] = web.RequestKey("decision")


class Filter:
    """One stage of the chain: an aiohttp middleware that says what it reads and what it writes.

    One instance serves all requests, so per-request state lives in the request and never on `self`.
    """

    __middleware_version__: ClassVar[int] = 1

    needs: ClassVar[tuple[web.RequestKey[Any], ...]] = ()
    provides: ClassVar[tuple[web.RequestKey[Any], ...]] = ()

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request, by itself or through `handler`."""
        raise NotImplementedError
