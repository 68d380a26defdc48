"""The API of the page."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from filters.errors import DownstreamError
from filters.formats.sse import frame
from gateway.admin.api import AdminPorts, Route, json_answer
from gateway.admin.ui.body import read_body
from gateway.admin.ui.callers import callers_routes
from gateway.admin.ui.history import History
from gateway.admin.ui.labels import labels_routes
from gateway.admin.ui.playground import Asked, decide, edited, flips
from gateway.admin.ui.providers import providers_routes
from gateway.admin.ui.records import as_json, logged_as_json
from gateway.admin.ui.routes import routes_routes
from gateway.admin.ui.traffic import traffic_routes
from gateway.storage.decision_log.decisions import recent
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.schema import LogError
from gateway.telemetry.live import TooManyWatchersError, Watcher

_KEEPALIVE_SECONDS: Final = 15.0
_BREATH_SECONDS: Final = 0.25
"""How long requests gather until a watcher gets them, so that much traffic costs the gateway no more than some."""
_EARLIER: Final = 200
"""Requests of the decision log that are shown: as many as the page keeps."""
_STREAM: Final = {hdrs.CONTENT_TYPE: "text/event-stream", hdrs.CACHE_CONTROL: "no-store"}


def api_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the routes that the page reads, but for those of the admin API."""
    history = History(ports.log, json_lines=ports.json_lines)
    api = _Api(ports, history)
    return (
        Route("GET", "/api/requests", api.requests),
        Route("GET", "/api/earlier", api.earlier),
        Route("GET", "/api/live", api.live),
        Route("POST", "/api/playground", api.playground),
        *traffic_routes(ports, history),
        *routes_routes(ports),
        *labels_routes(ports, history),
        *providers_routes(ports),
        *callers_routes(ports),
    )


class _Api:
    def __init__(self, ports: AdminPorts, history: History) -> None:
        self._ports = ports
        self._history = history

    async def requests(self, _: web.Request) -> web.Response:
        return json_answer({"requests": [as_json(each) for each in reversed(self._ports.live.recent())]})

    async def earlier(self, _: web.Request) -> web.Response:
        """Answer with the latest requests of the decision log, also of processes that are gone; none without a log."""
        found: Sequence[Mapping[str, Any]] = ()
        if self._history.on:
            with suppress(LogError):  # nothing has been written yet; the traffic view says so
                found = await self._history.read("earlier", _earlier)
        return json_answer({"requests": found})

    async def playground(self, request: web.Request) -> web.Response:
        asked = await read_body(request, Asked)
        routes = self._ports.config().routes()
        changed = edited(routes, asked.edits)
        classifier = self._ports.playground()
        if asked.prompts is not None:
            return json_answer({"prompts": await flips(classifier, routes, changed, asked.prompts)})
        prompt = asked.read()
        now = await decide(classifier, routes, prompt)
        then = await decide(classifier, changed, prompt) if changed != routes else None
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


def _earlier(log: Log) -> Sequence[Mapping[str, Any]]:
    return [logged_as_json(each) for each in recent(log, _EARLIER)]


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
        await asyncio.sleep(_BREATH_SECONDS)
