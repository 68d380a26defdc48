"""The access log: one line for each request, with what was decided and nothing that was said."""

from typing import Any, Final

import structlog
from aiohttp import web

from filters.api import ASKED, BROKEN, CHAT, DECISION, TRACE

_QUIET: Final = frozenset({"/healthz"})
_MAX_PATH: Final = 256


class AccessLog:
    """Writes method, path, status, format, route, model, pinned, broken, trace id and duration (milliseconds).

    The model is the one that was asked last, else the one that was decided for.

    Made after logging has been configured, since the logger is bound once and not for each line.
    """

    def __init__(self) -> None:
        self._info = structlog.get_logger().bind().info

    def write(self, request: web.Request, status: int, elapsed_ns: int) -> None:
        """Write the line of one request. Facts that the request never came to are left out."""
        path = request.path
        if path in _QUIET:
            return
        line: dict[str, Any] = {"method": request.method, "path": path[:_MAX_PATH], "status": status}
        if CHAT in request and (chat := request[CHAT]):
            line["format"] = chat.format
        if DECISION in request and (decision := request[DECISION]):
            line["route"] = decision.route
            line["model"] = decision.model
            line["pinned"] = decision.pinned
        if ASKED in request:
            line["model"] = request[ASKED]
        if BROKEN in request:
            line["broken"] = True
        if TRACE in request:
            line["trace_id"] = request[TRACE].trace_id
        line["duration_ms"] = round(elapsed_ns / 1e6, 3)
        self._info("request", **line)
