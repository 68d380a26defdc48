"""The admin application of a supervisor: it asks its workers, each on a Unix socket, and answers for all of them.

What every worker would answer alike (`/config`, `/sessions`, which live in a shared store) is asked of one. What each
worker knows for itself (`/clusters`, `/stats`) is answered as `{"workers": [...]}`. What changes something is said to
all, but for what changes a file. The last requests, and the live feed, are those of all workers, and so is what is made
of them where the worker that was asked has no log to read. `?worker=N` asks worker N alone.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import aiohttp
import orjson
from aiohttp import web
from yarl import URL

from gateway.admin.api import Route, json_answer
from gateway.admin.live_of_workers import LiveOfWorkers, numbered
from gateway.admin.ui.labels import least_certain
from gateway.admin.ui.traffic import remembered

_EACH: Final = frozenset({"/clusters", "/stats"})
_ONCE: Final = frozenset({"/api/labels", "/api/playground"})
"""What one worker does for all, whatever the method."""
_REMEMBERED: Final[Mapping[str, Callable[[Sequence[Any]], Mapping[str, Any]]]] = MappingProxyType(
    {"/api/traffic": remembered, "/api/uncertain": least_certain}
)
"""What is made of requests: of those of all workers, unless the decision log, which is one, has said it."""
_REQUESTS: Final = "/api/requests"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Answered:
    """What one worker answered, status 503 where it could not be asked."""

    status: int
    content_type: str
    body: bytes

    def parsed(self) -> Any:
        """Return the body as JSON."""
        return orjson.loads(self.body)


def fanout_routes(sockets: Sequence[Path]) -> Sequence[Route]:
    """Return the routes of a supervisor: every path, asked of its workers. Health is public, as it is elsewhere."""
    serve, live = Fanout(sockets).serve, LiveOfWorkers(sockets).serve
    public = [Route("GET", path, serve, public=True) for path in ("/healthz", "/readyz")]
    return (*public, Route("GET", "/api/live", live), Route("*", "/{path:.*}", serve))


class Fanout:
    """Passes requests on to workers. `sockets` are their Unix sockets, by number."""

    def __init__(self, sockets: Sequence[Path]) -> None:
        self._sockets = sockets

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request of the admin application."""
        body = await request.read()
        if "worker" in request.query:
            return _passed(await self._ask(request, body, numbered(self._sockets, request.query["worker"])))
        if request.path == _REQUESTS:
            requests = await self._requests(request)
            return json_answer({"requests": sorted(requests, key=itemgetter("at"), reverse=True)})
        if request.path in _REMEMBERED:
            return await self._summed(request, body)
        if request.path in _ONCE or (request.method in {"GET", "HEAD"} and request.path not in _EACH):
            return _passed(await self._first(request, body))
        answers = await asyncio.gather(*(self._ask(request, body, socket) for socket in self._sockets))
        failed = [answer for answer in answers if answer.status >= 400]
        if request.method != "GET":
            return _passed(failed[0] if failed else answers[0])
        return json_answer({"workers": [answer.parsed() for answer in answers]}, 200 if not failed else 503)

    async def _summed(self, request: web.Request, body: bytes) -> web.Response:
        answer = await self._first(request, body)
        if answer.status != 200 or (told := answer.parsed()).get("source") == "log":
            return _passed(answer)
        return json_answer(told | _REMEMBERED[request.path](await self._requests(request)))

    async def _requests(self, request: web.Request) -> list[Any]:
        """Return the last requests that each worker remembers; one that is away remembers none."""
        asked = request.clone(method="GET", rel_url=_REQUESTS)
        answers = await asyncio.gather(*(self._ask(asked, b"", socket) for socket in self._sockets))
        return [each for one in answers if one.status == 200 for each in one.parsed()["requests"]]

    async def _first(self, request: web.Request, body: bytes) -> Answered:
        """Ask one worker after another until one answers."""
        answer = _AWAY
        for socket in self._sockets:
            answer = await self._ask(request, body, socket)
            if answer is not _AWAY:
                break
        return answer

    async def _ask(self, request: web.Request, body: bytes, socket: Path) -> Answered:
        url = URL("http://localhost", encoded=True).with_path(request.path).with_query(request.query)
        try:
            async with (
                aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket)), timeout=_TIMEOUT) as session,
                session.request(request.method, url, data=body or None) as answer,
            ):
                return Answered(answer.status, answer.content_type, await answer.read())
        except (aiohttp.ClientError, OSError, TimeoutError):
            return _AWAY


def _passed(answer: Answered) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)


_MESSAGE: Final = {"error": {"status": 503, "message": "A worker is away; it is being replaced."}}
_AWAY: Final = Answered(503, "application/json", orjson.dumps(_MESSAGE))
