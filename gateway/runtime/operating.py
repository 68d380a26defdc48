"""What an operator sees of a gateway in service, and can do: its metrics, and the admin listener."""

import time
from dataclasses import asdict
from pathlib import Path

from aiohttp import web

from filters.context import Json
from gateway.admin.api import AdminPorts
from gateway.admin.application import admin_routes, build_admin
from gateway.admin.listener import AdminListener, Place
from gateway.config.sections import Admin
from gateway.runtime.gateway import Gateway
from gateway.runtime.reload import Reloader
from gateway.telemetry.live import LiveFeed
from gateway.telemetry.prometheus.exposition import Metrics
from gateway.telemetry.prometheus.gauges import Readings
from gateway.telemetry.traces.extra import connect
from gateway.telemetry.traces.sink import TraceSink


def operate(
    app: web.Application, gateway: Gateway, section: Admin, reloader: Reloader | None, place: Place | None
) -> None:
    """Count what the gateway serves, and have the admin application listen while the application runs.

    `place` is the Unix socket that a supervisor gives a worker, in a folder that its workers share; None for the
    address that the section says.
    """
    metrics = measured(gateway, Path(place).parent if isinstance(place, str) else None, reloader)
    live = LiveFeed(gateway.state.sinks.flush)
    gateway.state.sinks.add(live)
    if place is not None:
        section = section.model_copy(update={"token": None})  # only the supervisor can reach it
    admin = build_admin(section, admin_routes(_ports(gateway, metrics, live, reloader)))
    app.cleanup_ctx.append(metrics.lifespan)
    app.cleanup_ctx.append(AdminListener(admin, place or (section.address, section.port)).lifespan)


def traced(app: web.Application, gateway: Gateway) -> None:
    """Export the spans of what the gateway serves to where its configuration says, while the application runs."""
    traces = TraceSink(lambda: gateway.runtime.config.tracing, connect)
    gateway.state.sinks.add(traces)
    app.cleanup_ctx.append(traces.lifespan)


def measured(gateway: Gateway, shared: Path | None = None, reloader: Reloader | None = None) -> Metrics:
    """Return what counts every request of a gateway from now on; `shared` is the folder of workers, if any."""
    started = time.time()
    metrics = Metrics(lambda: gateway.runtime.config, lambda: read(gateway, started, reloader), shared)
    gateway.state.sinks.add(metrics.sink)
    return metrics


def read(gateway: Gateway, started: float, reloader: Reloader | None = None) -> Readings:
    """Return what is true of a gateway now that started then, in seconds since the epoch."""
    state = gateway.state
    state.sinks.flush()  # what is counted is to be as fresh as what is read
    return Readings(
        started=started,
        in_flight=gateway.requests,
        pins=gateway.runtime.stores.stats(),
        counters=link.stats() if (link := gateway.runtime.counting.link) else {},
        ejected=state.outliers.ejected(),
        ejections=state.outliers.ejections,
        reload=_last(reloader),
        dropped=state.sinks.dropped,
        failed=state.sinks.failed,
    )


def _last(reloader: Reloader | None) -> Json:
    return {} if reloader is None else asdict(reloader.last)


def _ports(gateway: Gateway, metrics: Metrics, live: LiveFeed, reloader: Reloader | None) -> AdminPorts:
    lifecycle = gateway.state.lifecycle
    log = gateway.runtime.config.decision_log  # the process writes there until it ends

    async def drain() -> None:
        lifecycle.drain()

    return AdminPorts(
        config=lambda: gateway.runtime.config,
        stores=lambda: gateway.runtime.stores,
        ejected=gateway.state.outliers.ejected,
        counters=lambda: gateway.runtime.counting.counters,
        metrics=metrics.exposition,
        figures=metrics.families,
        live=live,
        playground=lambda: gateway.runtime.playground,
        log=Path(log.path) if log else None,
        json_lines=bool(log and log.type == "jsonl"),
        config_file=reloader.file if reloader else None,
        ready=lambda: not lifecycle.draining,
        reload=reloader.reload_or_raise if reloader else None,
        last_reload=lambda: _last(reloader),
        drain=drain,
    )
