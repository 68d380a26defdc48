"""The composition root: a configuration becomes an application, and nothing else makes one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from filters.errors import DownstreamError
from filters.formats.registry import ENDPOINTS
from filters.routing.classifier import Classifier
from gateway.admin.listener import Place
from gateway.config.load import Loaded
from gateway.config.model import Config
from gateway.config.sections import Admin
from gateway.runtime.boundary import Boundary
from gateway.runtime.gateway import GATEWAY, Gateway, forward
from gateway.runtime.operating import operate, traced
from gateway.runtime.reload import RELOADER, Reloader
from gateway.runtime.response_headers import apply_headers
from gateway.runtime.runtime import build_runtime
from gateway.runtime.state import State
from gateway.storage.decision_log.opening import decision_log
from gateway.telemetry.crash import log_crash
from gateway.upstream.answers import json_answer
from gateway.version import VERSION

_HEALTH: Final = {"status": "ok", "version": VERSION}


@dataclass(frozen=True, slots=True)
class Process:
    """What an application is given of the process it runs in.

    `load` reads the configuration again, None where it cannot be; `file` is what it reads. `admin` is where the admin
    application listens, None for where the configuration says. `taken` is told the text of what a
    reload has put into service.
    """

    load: Callable[[], Loaded] | None = None
    admin: Place | None = None
    file: Path | None = None
    taken: Callable[[str], None] | None = None


def build_app(
    config: Config, embedded: Classifier | None = None, state: State | None = None, process: Process | None = None
) -> web.Application:
    """Return the application: the boundary, and behind it the gateway with its filter chain.

    `embedded` is an embedded classifier that has learned the routes already, if there is one.
    Raises ConfigError where pins are to live in Redis and its client or its URL cannot be used.
    """
    state, process = state or State(), process or Process()
    gateway = Gateway(build_runtime(config, state, embedded), state)
    app = web.Application(
        middlewares=[Boundary(state.sinks.emit, log_crash), gateway],
        client_max_size=0,
    )
    app[GATEWAY] = gateway
    if config.decision_log:
        log = decision_log(config.decision_log)
        state.sinks.add(log)
        app.cleanup_ctx.append(log.lifespan)
    app.cleanup_ctx.append(gateway.lifespan)
    reloader = Reloader(process.load, gateway, process.file, process.taken) if process.load else None
    if reloader is not None:
        app[RELOADER] = reloader
    traced(app, gateway)
    if process.admin or config.admin:
        operate(app, gateway, config.admin or Admin(), reloader, process.admin)
    _add_routes(app)
    app.cleanup_ctx.append(state.sinks.lifespan)  # the last one that starts is the first that ends
    app.on_response_prepare.append(partial(apply_headers, state.lifecycle))
    return app


def _add_routes(app: web.Application) -> None:
    add = partial(app.router.add_route, expect_handler=_expect)
    add("GET", "/healthz", _health)
    add("GET", "/readyz", _ready)
    for path in ENDPOINTS:
        add("*", path, forward)
    add("*", "/v1/{path:.*}", forward)
    add("*", "/{path:.*}", _unknown_path)


async def _health(_: web.Request) -> web.StreamResponse:
    return json_answer(_HEALTH)


async def _ready(request: web.Request) -> web.StreamResponse:
    """Say whether new work is welcome: not while the process drains."""
    draining = request.app[GATEWAY].state.lifecycle.draining
    return json_answer({"status": "draining"}, 503) if draining else await _health(request)


_ADMIN: Final = frozenset({"/metrics", "/config", "/clusters", "/stats", "/sessions", "/logging", "/reload", "/drain"})
"""Paths of the admin listener that are asked for at the callers' port."""


async def _unknown_path(request: web.Request) -> web.StreamResponse:
    told = "Chat endpoints are under /v1, decisions under /routing/v1; /healthz tells that the gateway lives."
    if (meant := f"/v1{request.path}") in {*ENDPOINTS, "/v1/models", "/v1/embeddings"}:
        told = f"It is {meant}: the base URL needs a `/v1` at its end."
    elif request.path in _ADMIN:
        told = "It is one of the admin listener, which `admin: {}` in config.yaml opens on a port of its own."
    raise DownstreamError(404, f"There is no such path. {told}")


async def _expect(request: web.Request) -> None:
    """Tell a caller that waits for it to go on. Other expectations may be ignored (RFC 9110, section 10.1.1)."""
    if request.headers[hdrs.EXPECT].lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
