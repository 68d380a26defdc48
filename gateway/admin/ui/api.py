"""The API of the page."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from filters.errors import DownstreamError
from filters.formats.sse import frame
from gateway.admin.api import AdminPorts, Route, json_answer
from gateway.admin.ui.playground import decide, edited, read_asked
from gateway.admin.ui.records import as_json
from gateway.admin.ui.traffic import share_of_routes, traffic
from gateway.telemetry.live import TooManyWatchersError, Watcher

_KEEPALIVE_SECONDS: Final = 15.0
_STREAM: Final = {hdrs.CONTENT_TYPE: "text/event-stream", hdrs.CACHE_CONTROL: "no-store"}


def api_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the routes that the page reads."""
    api = _Api(ports)
    return (
        Route("GET", "/api/requests", api.requests),
        Route("GET", "/api/live", api.live),
        Route("GET", "/api/traffic", api.traffic),
        Route("GET", "/api/routes", api.routes),
        Route("POST", "/api/playground", api.playground),
    )


class _Api:
    def __init__(self, ports: AdminPorts) -> None:
        self._ports = ports

    async def requests(self, _: web.Request) -> web.Response:
        return json_answer({"requests": [as_json(each) for each in reversed(self._ports.live.recent())]})

    async def traffic(self, _: web.Request) -> web.Response:
        return json_answer(traffic(self._ports.live.recent()))

    async def routes(self, _: web.Request) -> web.Response:
        config, records = self._ports.config(), self._ports.live.recent()
        share = share_of_routes(records)
        default = config.default_provider
        return json_answer(
            {
                "threshold": config.routing.threshold,
                "classifier": config.routing.classifier,
                "default": default.model if default else None,
                "requests": sum(each.decision is not None for each in records),
                "routes": [
                    {
                        "name": route.name,
                        "description": route.description,
                        "models": list(route.models),
                        "examples": list(route.examples),
                        "threshold": route.threshold,
                        "requests": share.get(route.name, 0),
                    }
                    for route in config.routes()
                ],
            }
        )

    async def playground(self, request: web.Request) -> web.Response:
        asked = read_asked(await _json(request))
        routes = self._ports.config().routes()
        changed = edited(routes, asked.edits)
        prompt = asked.read()
        now = await decide(self._ports.playground(), routes, prompt)
        then = await decide(self._ports.playground(), changed, prompt) if changed != routes else None
        return json_answer({"now": now, "edited": then})

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Stream each request as it ends. A watcher that reads too slowly is told how many it missed."""
        try:
            with self._ports.live.watched() as watcher:
                response = web.StreamResponse(headers=_STREAM)
                await response.prepare(request)
                await response.write(b": watching\n\n")
                with suppress(ConnectionError):  # the watcher has left
                    await _watch(watcher, response)
                return response
        except TooManyWatchersError:
            raise DownstreamError(503, "There are as many watchers of the live feed as there may be.") from None


async def _watch(watcher: Watcher, response: web.StreamResponse) -> None:
    while True:
        try:
            async with asyncio.timeout(_KEEPALIVE_SECONDS):
                records = await watcher.next()
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        data = {"missed": watcher.missed, "requests": [as_json(each) for each in records]}
        await response.write(frame("requests", orjson.dumps(data)))


async def _json(request: web.Request) -> Any:
    try:
        return orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        raise DownstreamError(400, "The body is not JSON.") from None
