"""The caller's side of an answer: its headers, the signs of life before and between its frames, and its end.

    waiting --(silence)--> kept open --(a candidate answers)--> answering --> ended
       |                       |
       |                       +-----(no candidate answers)---> an error event, ended
       +------------------(a candidate answers)---------------> answering --> ended

Only the caller of a stream is kept open: after `keepalive` seconds in which nothing was written it gets the status 200
and a ping in its own format, and another after each such silence. Which model serves is not known then, so that the
headers do not name one. Nothing else was said, so candidates are asked on behind it.

A Downstream belongs to one request and lives as long. The timer writes only between `keeping_alive`'s begin and end,
and frames are written whole, so that a ping never stands inside one.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from aiohttp import hdrs, web

from filters.api import RESPONSE_HEADERS
from filters.context import ChatRequest
from filters.formats.canonical.events import Failure, Ping
from filters.formats.canonical.request import Request
from filters.formats.registry import FORMATS
from filters.routing.reply import X_MODEL

EVENT_STREAM: Final = "text/event-stream"
STREAM_HEADERS: Final = {hdrs.CONTENT_TYPE: EVENT_STREAM, hdrs.CACHE_CONTROL: "no-cache", "X-Accel-Buffering": "no"}
_NOBODY: Final = Request(model="", messages=())


class Downstream:
    """Writes the answer of one request. `keepalive` is in seconds."""

    def __init__(self, request: web.Request, chat: ChatRequest, keepalive: float) -> None:
        self.request = request
        self._chat = chat
        self._keepalive = keepalive
        self._response: web.StreamResponse | None = None
        self._opening = asyncio.Lock()
        self._ended = False
        self._written_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._ping: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the caller has been sent a status, so that what comes now can only be said in the stream."""
        return self._response is not None

    @property
    def response(self) -> web.StreamResponse:
        """The response to the caller. Raises RuntimeError before there is one."""
        if self._response is None:
            raise RuntimeError("the caller has not been answered")
        return self._response

    @contextmanager
    def keeping_alive(self) -> Iterator[None]:
        """Keep the caller of a stream from waiting in silence, while the context lasts."""
        if not self._chat.stream:
            yield
            return
        self._written_at = asyncio.get_running_loop().time()
        self._arm(self._written_at + self._keepalive)
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._ping is not None:
                self._ping.cancel()

    async def whole(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send an answer at once: as a response of its own, or into the stream that was kept open."""
        if self.is_open:
            await self.end(body)
            return
        async with self._opening:
            self._ended = True
            self._response = web.Response(status=status, body=body, headers=headers)
            await self._response.prepare(self.request)

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Begin a stream, unless it was kept open, so that it has begun."""
        async with self._opening:
            if self._response is None:
                response = web.StreamResponse(status=status, headers={**headers, **STREAM_HEADERS})
                await response.prepare(self.request)
                self._response = response

    async def write(self, data: bytes) -> None:
        """Write whole frames, or nothing."""
        if data:
            self._written_at = asyncio.get_running_loop().time()
            await self.response.write(data)
            self._written_at = asyncio.get_running_loop().time()

    async def fail(self, failure: Failure) -> None:
        """End a stream in which nothing was said with an error event."""
        await self.end(FORMATS[self._chat.format].codec.stream_encoder(_NOBODY).feed(failure))

    async def end(self, last: bytes = b"") -> None:
        """End the stream behind these frames, in one packet with them."""
        self._ended = True
        await self.response.write_eof(last)

    def _arm(self, when: float) -> None:
        self._timer = asyncio.get_running_loop().call_at(when, self._check)

    def _check(self) -> None:
        loop = asyncio.get_running_loop()
        due = self._written_at + self._keepalive
        if self._ended:
            return
        if due <= loop.time() and (self._ping is None or self._ping.done()):
            self._ping = loop.create_task(self._send_ping())
            due = loop.time() + self._keepalive
        self._arm(max(due, loop.time() + 0.001))

    async def _send_ping(self) -> None:
        """Show the caller that there is still somebody. A caller that has left is noticed elsewhere."""
        try:
            if self._response is None:
                self.request[RESPONSE_HEADERS].pop(X_MODEL, None)
                await self.begin(200, {})
            if not self._ended:
                await self.write(FORMATS[self._chat.format].codec.stream_encoder(_NOBODY).feed(Ping()))
        except ConnectionError:
            self._ended = True
