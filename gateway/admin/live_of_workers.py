"""The live feed of all workers in one stream: what each of them streams at `/api/live`, as it comes.

Each watcher has a connection to every worker. Where it reads slowly, what waits for it here is bounded, workers are
read as slowly, and each counts what its feed had to leave out. A worker that ends is asked again until another has its
place.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
from aiohttp import hdrs, web

from filters.errors import DownstreamError
from filters.formats.sse import SseParser, frame
from gateway.telemetry.live import MAX_WATCHERS

_URL: Final = "http://localhost/api/live"
_AGAIN_SECONDS: Final = 1.0
_KEEPALIVE_SECONDS: Final = 15.0
_WAITING: Final = 16
"""Frames that wait for a watcher."""
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=10, sock_read=4 * _KEEPALIVE_SECONDS)
_HEADERS: Final = {hdrs.CONTENT_TYPE: "text/event-stream", hdrs.CACHE_CONTROL: "no-store"}


class LiveOfWorkers:
    """Streams to so many watchers at most. `sockets` are the workers' Unix sockets."""

    def __init__(self, sockets: Sequence[Path], most: int = MAX_WATCHERS) -> None:
        self._sockets: Final = sockets
        self._most: Final = most
        self._watchers = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request for the live feed. Raises DownstreamError: 503 for too many watchers, 404 by `numbered`."""
        chosen = request.query.get("worker")
        sockets = self._sockets if chosen is None else [numbered(self._sockets, chosen)]
        if self._watchers >= self._most:
            raise DownstreamError(503, "There are as many watchers of the live feed as there may be.")
        self._watchers += 1
        try:
            response = web.StreamResponse(headers=_HEADERS)
            await response.prepare(request)
            await response.write(b": watching\n\n")
            with suppress(ConnectionError):  # the watcher has left
                await _pass(sockets, response)
        finally:
            self._watchers -= 1
        return response


def numbered(sockets: Sequence[Path], number: str) -> Path:
    """Return the socket of the worker that `?worker=N` names. Raises DownstreamError (404) where there is none."""
    known = {str(at): socket for at, socket in enumerate(sockets)}
    if number not in known:
        raise DownstreamError(404, f"There is no such worker; there are 0 to {len(sockets) - 1}.")
    return known[number]


async def _pass(sockets: Sequence[Path], response: web.StreamResponse) -> None:
    queue: asyncio.Queue[tuple[int, Any]] = asyncio.Queue(_WAITING)
    following = [asyncio.create_task(_follow(number, path, queue)) for number, path in enumerate(sockets)]
    try:
        await _write_all(queue, response)
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


async def _write_all(queue: asyncio.Queue[tuple[int, Any]], response: web.StreamResponse) -> None:
    """Write what comes, until the watcher leaves. `missed` is the sum of what every worker's feed left out."""
    missed: dict[int, int] = {}
    while True:
        try:
            async with asyncio.timeout(_KEEPALIVE_SECONDS):
                number, told = await queue.get()
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        missed[number] = told["missed"]
        await response.write(frame("requests", orjson.dumps(told | {"missed": sum(missed.values())})))


async def _follow(number: int, socket: Path, queue: asyncio.Queue[tuple[int, Any]]) -> None:
    """Put what a worker streams into the queue, and ask again where its stream ends."""
    while True:
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            async with (
                aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket)), timeout=_TIMEOUT) as session,
                session.get(_URL) as answer,
            ):
                if answer.status == 200:
                    parser = SseParser()
                    async for chunk in answer.content.iter_any():
                        for event in parser.feed(chunk):
                            await queue.put((number, orjson.loads(event.data)))
        await asyncio.sleep(_AGAIN_SECONDS)
