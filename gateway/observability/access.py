"""The access log: one line for each request, with what was decided and nothing that was said."""

from typing import Any, Final

import structlog
from aiohttp import web

from filters.api import CHAT, DECISION, TRACE

_QUIET: Final = frozenset({"/healthz"})
_MAX_PATH: Final = 256


class AccessLog:
    """Writes method, path, status, format, route, model, pinned, trace id and duration (milliseconds)."""

    def __init__(self) -> None:
        self._log = structlog.get_logger()

    def write(self, request: web.Request, status: int, elapsed_ns: int) -> None:
        """Write the line of one request. Facts that the request never came to are left out."""
        if request.path in _QUIET:
            return
        line: dict[str, Any] = {
            "method": request.method,
            "path": request.path[:_MAX_PATH],
            "status": status,
        }
        if chat := request.get(CHAT):
            line["format"] = chat.format.value
        if decision := request.get(DECISION):
            line["route"] = decision.route
            line["model"] = decision.model
            line["pinned"] = decision.pinned
        if trace := request.get(TRACE):
            line["trace_id"] = trace.trace_id
        line["duration_ms"] = round(elapsed_ns / 1e6, 3)
        self._log.info("request", **line)
