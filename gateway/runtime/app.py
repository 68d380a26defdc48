"""The composition root: a configuration becomes an application, and nothing else makes one."""

from functools import partial
from typing import Final

from aiohttp import hdrs, web

from filters.api import Handler
from filters.catalog import Parts, build_chain
from filters.context import WireFormat
from filters.errors import DownstreamError
from filters.format_detection.body import BodyReader
from filters.format_detection.in_flight import BodiesInFlight
from filters.format_detection.limits import BodyLimits
from filters.formats.canonical.seal import ANTHROPIC, OPENAI
from filters.formats.endpoints import ENDPOINTS
from filters.routing.classifier import Classifier
from gateway.admin.listener import AdminListener, View
from gateway.admin.views import shown
from gateway.config.model import Config
from gateway.config.sections import Limits
from gateway.pricing.latency import Latencies
from gateway.pricing.ranking import Ranking
from gateway.pricing.refresher import Refresher
from gateway.pricing.sources import sources
from gateway.resilience.outlier_detection import OutlierDetector
from gateway.resilience.retry import RetryBudget, RetryPolicy
from gateway.runtime.boundary import Boundary
from gateway.runtime.classifiers import build_classifier
from gateway.runtime.response_headers import apply_headers
from gateway.storage.pins import build_stores
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.crash import log_crash
from gateway.upstream.attempts import Attempts
from gateway.upstream.client import UpstreamClient
from gateway.upstream.forwarder import Forwarder
from gateway.version import VERSION

HEALTH_PATH: Final = "/healthz"
_HEALTH: Final = {"status": "ok", "version": VERSION}


def build_app(config: Config, embedded: Classifier | None = None) -> web.Application:
    """Return the application: the boundary, the filter chain, and the forwarder for what it lets through.

    `embedded` is an embedded classifier that has learned the routes already, if there is one.
    Raises ConfigError where pins are to live in Redis and its client or its URL cannot be used.
    """
    client = UpstreamClient()
    stores, outliers = build_stores(config.routing), OutlierDetector()
    latencies = Latencies()
    ranking = Ranking(config.routes(), config.resolve)
    bodies = _bodies(config.limits)
    parts = Parts(
        tracing=config.tracing,
        session_pinning=config.routing,
        bodies=bodies,
        routing=config.routing,
        routes=config.routes(),
        classifier=build_classifier(config, client.session, embedded),
        pin_store=stores.pins,
        turn_store=stores.turns,
        knows=config.knows,
        vendor_of=partial(_vendor_of, config),
        rank=ranking.rank,
    )
    filters = build_chain(config.filters, parts)
    app = web.Application(middlewares=[Boundary(AccessLog(), log_crash), *filters], client_max_size=0)
    app.cleanup_ctx.append(client.lifespan)
    app.cleanup_ctx.extend(stores.lifespans)
    app.cleanup_ctx.append(Refresher(tuple(sources(config, client.session, latencies)), ranking).lifespan)
    if config.admin:
        views: dict[str, View] = {
            HEALTH_PATH: lambda: _HEALTH,
            "/config": partial(shown, config),
            "/stats": lambda: {"pins": stores.stats(), "ejected": outliers.ejected()},
        }
        app.cleanup_ctx.append(AdminListener(config.admin.address, config.admin.port, views).lifespan)
    attempts = Attempts(RetryPolicy(), RetryBudget(), outliers)
    _add_routes(app, Forwarder(config, client, attempts, latencies.record, bodies).forward)
    app.on_response_prepare.append(apply_headers)
    return app


def _bodies(limits: Limits) -> BodyReader:
    allowed = BodyLimits(max_bytes=limits.max_body_bytes, timeout_seconds=limits.body_timeout_seconds)
    return BodyReader(allowed, BodiesInFlight(limits.max_bodies_bytes))


def _add_routes(app: web.Application, forward: Handler) -> None:
    app.router.add_get(HEALTH_PATH, _health, expect_handler=_expect)
    for path in ENDPOINTS:
        app.router.add_route("*", path, forward, expect_handler=_expect)
    app.router.add_route("*", "/v1/{path:.*}", forward, expect_handler=_expect)
    app.router.add_route("*", "/{path:.*}", _unknown_path, expect_handler=_expect)


def _vendor_of(config: Config, model: str) -> str | None:
    """Return whose signed reasoning a model's server can go on from: that of the vendor whose format carries it."""
    provider = config.provider_of(model)
    formats = provider.formats if provider else ()
    if WireFormat.ANTHROPIC_MESSAGES in formats:
        return ANTHROPIC
    return OPENAI if WireFormat.OPENAI_RESPONSES in formats else None


async def _health(_: web.Request) -> web.StreamResponse:
    return web.json_response(_HEALTH)


async def _unknown_path(_: web.Request) -> web.StreamResponse:
    raise DownstreamError(404, "There is no such path. Chat endpoints are under /v1 and decisions under /routing/v1.")


async def _expect(request: web.Request) -> None:
    """Tell a caller that waits for it to go on. Other expectations may be ignored (RFC 9110, section 10.1.1)."""
    if request.headers[hdrs.EXPECT].lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
