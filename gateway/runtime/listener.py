"""The listener: aiohttp's HTTP server, but for what it says to bytes that are no request.

Those never come to the application, so neither the chain nor the boundary sees them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson
import structlog
from aiohttp import hdrs, http_exceptions, web

from gateway.runtime.response_headers import SERVER
from gateway.telemetry.crash import log_crash
from gateway.upstream.drain import DRAINED

_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType(
    {"access_log": None, "keepalive_timeout": 75.0, "auto_decompress": False}
)
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

    __slots__ = ()

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 - aiohttp's own signature
        """Wait so long for what is in flight; then cut it off, with a moment to say so."""
        limit = timeout or 0.0
        cuts = [self._loop.call_later(limit + more, self._cut) for more in (0.0, _LAST_WORDS)]
        try:
            await super().shutdown(limit + 2 * _LAST_WORDS)
        finally:
            for cut in cuts:
                cut.cancel()

    def _cut(self) -> None:
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
    def __call__(self) -> Connection:
        return Connection(self, loop=self._loop, **_OPTIONS)


class Listener(web.AppRunner):
    """Runs an application on `Connection`s. A handler whose caller leaves is cancelled."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, request_factory=made.request_factory, handler_cancellation=True)
