"""`GET /healthz` and `GET /readyz`."""

from collections.abc import Sequence

from aiohttp import web

from gateway.admin.api import AdminPorts, Route, json_answer
from gateway.version import VERSION


def health_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the routes for probes, which need no token."""

    async def healthz(_: web.Request) -> web.Response:
        return json_answer({"status": "ok", "version": VERSION})

    async def readyz(_: web.Request) -> web.Response:
        ready = ports.ready()
        return json_answer({"status": "ok" if ready else "draining", "version": VERSION}, 200 if ready else 503)

    return Route("GET", "/healthz", healthz, public=True), Route("GET", "/readyz", readyz, public=True)
