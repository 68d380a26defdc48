"""The listener: aiohttp's HTTP server, with limits, and with what it says to bytes that are no request.

Those never come to the application, so neither the chain nor the boundary sees them. Connections are limited in number,
in the time that headers may take, and in the time that a caller may stall while an answer waits for it.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, cast

import orjson
import structlog
from aiohttp import HttpVersion11, hdrs, http_exceptions, web

from gateway.runtime.connections import ConnectionLimits, Connections, most_connections
from gateway.runtime.dispatch import Dispatcher, Request
from gateway.runtime.response_headers import SERVER
from gateway.telemetry.crash import log_crash
from gateway.upstream.drain import DRAINED

_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({"access_log": None, "auto_decompress": False})
_SLOWEST: Final = 1024
"""Bytes per second that a caller must accept of an answer that waits for it."""
_LAST_WORDS: Final = 0.5
"""Seconds for an error event to a caller that reads slowly."""
_MALFORMED: Final = "This is no well-formed HTTP/1.1 request."
_REASONS: Final[Mapping[type, str]] = MappingProxyType(
    {
        http_exceptions.LineTooLong: "The request line or a header is too long; the most is 8190 bytes.",
        http_exceptions.ContentEncodingError: "The body is not what its Content-Encoding says.",
        http_exceptions.InvalidURLError: "The URL is malformed.",
        http_exceptions.InvalidHeader: "A header is malformed.",
    }
)


class Connection(web.RequestHandler):
    """One caller's connection. What it logs and answers never repeats the bytes: a key could be among them."""

    __slots__ = ("_connections", "_stalled", "_unsent", "_write_seconds")

    def __init__(self, manager: web.Server, connections: Connections, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(manager, keepalive_timeout=limits.keepalive_seconds, **options, **_OPTIONS)
        self._connections = connections
        self._write_seconds = limits.write_seconds
        self._stalled: asyncio.TimerHandle | None = None
        self._unsent = 0

    @property
    def idle(self) -> bool:
        """Whether no request is being served on it, or has come whole."""
        return not self._request_in_progress and not self._messages

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many connections."""
        if self._connections.admit(self):
            super().connection_made(transport)
        else:
            cast("asyncio.Transport", transport).abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End."""
        self._connections.closed(self)
        self._forget_stall()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Note that the caller has not accepted what was written, and give it a time to do so."""
        super().pause_writing()
        self._watch_stall()

    def resume_writing(self) -> None:
        """Note that the caller has accepted what was written."""
        self._forget_stall()
        super().resume_writing()

    def _watch_stall(self) -> None:
        if self.transport is not None:
            self._unsent = self.transport.get_write_buffer_size()
            self._stalled = self._loop.call_later(self._write_seconds, self._end_stall)

    def _end_stall(self) -> None:
        """Cut the connection off if its caller has accepted next to nothing for so long."""
        if self.transport is None:
            return
        accepted = self._unsent - self.transport.get_write_buffer_size()
        if accepted < self._write_seconds * _SLOWEST:
            structlog.get_logger().info("connection_stalled", unsent=self.transport.get_write_buffer_size())
            self.transport.abort()
        else:
            self._watch_stall()

    def _forget_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - aiohttp's own signature
        """Wait so long for what is in flight; then cut it off, with a moment to say so."""
        limit = timeout or 0.0
        cuts = [self._loop.call_later(limit + more, self.cut) for more in (0.0, _LAST_WORDS)]
        try:
            await super().shutdown(limit + 2 * _LAST_WORDS)
        finally:
            for cut in cuts:
                cut.cancel()

    def cut(self) -> None:
        """End the request that is in flight, with an error event where an answer has begun."""
        if self._task_handler is not None:
            self._task_handler.cancel(DRAINED)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's own words, which may quote the request
    ) -> web.StreamResponse:
        """Answer bytes that are no request, or one at which even the boundary failed.

        Raises ConnectionError, which cuts off, where an answer has begun.
        """
        if request.writer.output_size:
            raise ConnectionError("an answer that has begun cannot become another")
        request._version = HttpVersion11  # noqa: SLF001 - of bytes that are no request aiohttp says it is 1.0
        if status >= 500 and exc is not None:
            log_crash(request, exc)
        else:
            structlog.get_logger().info("malformed_request", error=type(exc).__name__)
        text = _REASONS.get(type(exc), _MALFORMED) if status < 500 else "The gateway failed."
        response = web.Response(status=status, body=_in_any_shape(status, text), content_type="application/json")
        response.headers[hdrs.SERVER] = SERVER
        response.force_close()
        return response

    def log_exception(self, *_: Any, **about: Any) -> None:
        """Note why a connection ends early: the rest of a body that nobody wanted turned out to be malformed."""
        structlog.get_logger().info("connection_closed", error=type(about.get("exc_info")).__name__)


def _in_any_shape(status: int, message: str) -> bytes:
    """Return an error that clients of OpenAI's and of Anthropic's formats can read, since the path is not known."""
    kind = "invalid_request_error" if status < 500 else "api_error"
    error = {"type": kind, "message": message, "param": None, "code": None}
    return orjson.dumps({"type": "error", "error": error})


class _Server(web.Server):
    def __init__(
        self, limits: ConnectionLimits, connections: Connections, app: web.Application, made: web.Server
    ) -> None:
        factory = partial(app._make_request, _cls=Request)  # noqa: SLF001 - the only way to have requests of one's own
        dispatch: Any = Dispatcher(app, made.request_handler)
        super().__init__(dispatch, request_factory=factory, handler_cancellation=True)
        self._limits = limits
        self._open = connections

    def __call__(self) -> Connection:
        return Connection(self, self._open, self._limits, loop=self._loop)


class Listener(web.AppRunner):
    """Runs an application on `Connection`s. A handler whose caller leaves is cancelled."""

    def __init__(self, app: web.Application, limits: ConnectionLimits | None = None, **options: Any) -> None:
        super().__init__(app, **options)
        self._limits = limits or ConnectionLimits()

    def cut(self) -> None:
        """Cut off every request in flight."""
        for connection in self.server.connections if self.server else ():
            if isinstance(connection, Connection):
                connection.cut()

    async def _make_server(self) -> web.Server:
        connections = Connections(most_connections(self._limits.max_connections))
        return _Server(self._limits, connections, self.app, await super()._make_server())
