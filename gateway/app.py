"""The composition root: a configuration becomes an application, and nothing else does."""

import traceback
from collections.abc import Sequence
from typing import Final

import structlog
from aiohttp import web

from filters.api import RESPONSE_HEADERS, TRACE, Handler
from filters.catalog import Parts, build_chain
from filters.errors import DownstreamError
from filters.formats.endpoints import ENDPOINTS
from gateway.boundary import Boundary
from gateway.observability.access import AccessLog

HEALTH_PATH: Final = "/healthz"


def build_app(chain: Sequence[str], parts: Parts, forward: Handler, max_body_bytes: int) -> web.Application:
    """Return the application: the boundary, the filters of `chain`, and `forward` for what they let through."""
    app = web.Application(
        middlewares=[Boundary(AccessLog(), _log_crash), *build_chain(chain, parts)], client_max_size=max_body_bytes
    )
    app.router.add_get(HEALTH_PATH, _health)
    for path in ENDPOINTS:
        app.router.add_route("*", path, forward)
    app.router.add_route("*", "/v1/{path:.*}", forward)
    app.router.add_route("*", "/{path:.*}", _unknown_path)
    app.on_response_prepare.append(_apply_headers)
    return app


async def _health(_: web.Request) -> web.StreamResponse:
    return web.json_response({"status": "ok"})


async def _unknown_path(_: web.Request) -> web.StreamResponse:
    raise DownstreamError(404, "There is no such path. Chat endpoints are under /v1 and decisions under /routing/v1.")


async def _apply_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(request.get(RESPONSE_HEADERS, {}))


def _log_crash(request: web.Request, error: Exception) -> None:
    """Log a defect of ours by its type and place: its text could quote the request."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    structlog.get_logger().error(
        "crash",
        error=type(error).__name__,
        at=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        trace_id=request[TRACE].trace_id if TRACE in request else None,
    )
