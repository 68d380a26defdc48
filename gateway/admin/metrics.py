"""`GET /metrics`, for Prometheus."""

from collections.abc import Sequence

from aiohttp import hdrs, web

from gateway.admin.api import AdminPorts, Route


def metrics_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the route."""

    async def metrics(request: web.Request) -> web.Response:
        text = await ports.metrics(request.headers.get(hdrs.ACCEPT, ""))
        return web.Response(body=text.body, headers={hdrs.CONTENT_TYPE: text.content_type})

    return [Route("GET", "/metrics", metrics)]
