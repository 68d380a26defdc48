"""The admin application, from its section of config.yaml and a table of routes."""

from collections.abc import Iterable, Sequence
from typing import Final

from aiohttp import web

from gateway.admin.api import AdminPorts, Route
from gateway.admin.boundary import boundary
from gateway.admin.clusters import clusters_routes
from gateway.admin.guard import Guard
from gateway.admin.health import health_routes
from gateway.admin.lifecycle import lifecycle_routes
from gateway.admin.logging import logging_routes
from gateway.admin.metrics import metrics_routes
from gateway.admin.sessions import sessions_routes
from gateway.admin.ui.api import api_routes
from gateway.admin.ui.files import file_routes
from gateway.admin.views import view_routes
from gateway.config.sections import Admin

_MAX_BODY: Final = 1_048_576
"""Bytes: the playground takes a whole request, as an agent sends it."""


def admin_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the routes of the admin API."""
    return (
        *health_routes(ports),
        *view_routes(ports),
        *clusters_routes(ports),
        *sessions_routes(ports),
        *metrics_routes(ports),
        *logging_routes(),
        *lifecycle_routes(ports),
        *api_routes(ports),
        *file_routes(),
    )


def build_admin(section: Admin, routes: Iterable[Route]) -> web.Application:
    """Return an application that serves these routes to those who may use it."""
    table = list(routes)
    public = {route.path for route in table if route.public}
    token = section.token.reveal() if section.token else None
    guard = Guard((*section.allowed_hosts, section.address), token, public)
    app = web.Application(middlewares=[boundary, guard], client_max_size=_MAX_BODY)
    for route in table:
        app.router.add_route(route.method, route.path, route.handler)
    return app
