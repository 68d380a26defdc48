"""Callers that hold connections and do nothing, or next to nothing, with them; and what others notice of that."""

import asyncio
import resource
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

import aiohttp.web

from tests.support.hostile.probe import percentile

_DRIP_SECONDS: Final = 1.0
_BODY: Final = b'{"model": "mine/m", "stream": true, "messages": [{"role": "user", "content": "hello"}]}'
_HEAD: Final = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
_CHUNK: Final = b'data: {"id": "1", "choices": [{"index": 0, "delta": {"content": "%b"}}]}\n\n' % (b"word " * 13_000)
_READERS: Final = 40
"""Of each a few megabytes lie in the buffers between the provider and the caller before it stalls."""
_STALLED_SECONDS: Final = 2.0
_SMALL: Final = 4096
"""Bytes that a caller who does not read has room for."""

KINDS: Final[Mapping[str, bytes]] = {
    "idle": b"",
    "slow headers": _HEAD % 9,
    "slow body": _HEAD % 1_000_000 + b"\r\n",
    "slow reader": _HEAD % len(_BODY) + b"\r\n" + _BODY,
}
"""What each sends at once. Of slow ones a byte a second follows; the last asks for a stream and reads nothing."""
COMPLETION: Final = {"id": "1", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
_DRIPPING: Final = ("slow headers", "slow body")


def allow_files(count: int) -> None:
    """Let this process open so many files, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


@asynccontextmanager
async def crowd(port: int, count: int) -> AsyncIterator[None]:
    """Have so many callers connected: some that read slowly, and of the other kinds as many of each."""
    kinds = [list(KINDS)[number % 3] for number in range(count - _READERS)] + ["slow reader"] * _READERS
    async with AsyncExitStack() as stack:
        connections = await asyncio.to_thread(lambda: [_connected(port, KINDS[kind]) for kind in kinds])
        for connection in connections:
            stack.callback(connection.close)
        dripping = [each for each, kind in zip(connections, kinds, strict=True) if kind in _DRIPPING]
        task = asyncio.create_task(_drip(dripping))
        stack.callback(task.cancel)
        yield


def _connected(port: int, said: bytes) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
    connection.connect(("127.0.0.1", port))
    connection.sendall(said)
    return connection


async def _drip(connections: Sequence[socket.socket]) -> None:
    while True:
        for connection in connections:
            connection.send(b"x")
            await asyncio.sleep(_DRIP_SECONDS / len(connections))


class Provider:
    """Answers with a few words; where a stream is asked for, with one that has no end."""

    def __init__(self) -> None:
        self._sent = 0

    async def __call__(self, request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        """Answer."""
        if not (await request.json()).get("stream"):
            return aiohttp.web.json_response(COMPLETION)
        response = aiohttp.web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        with suppress(ConnectionError):
            await response.prepare(request)
            while True:
                await response.write(_CHUNK)
                self._sent += 1
                await asyncio.sleep(0)
        return response

    async def stalled(self) -> None:
        """Wait until nobody takes any more of a stream: what lies between is full."""
        before = -1
        while before != self._sent:
            before = self._sent
            await asyncio.sleep(_STALLED_SECONDS)


async def latencies(ask: Callable[[], asyncio.Future[int]], count: int) -> list[float]:
    """Return how long each of so many requests took, one after the other, in seconds. `ask` gives the status."""
    took = []
    for _ in range(count):
        started = time.perf_counter()
        status = await ask()
        took.append(time.perf_counter() - started)
        assert status == 200, status
    return took


def told(calm: Sequence[float], crowded: Sequence[float]) -> str:
    """Return both distributions in words."""
    both = (f"p50 {percentile(each, 0.5):.1f}, p99 {percentile(each, 0.99):.1f} ms" for each in (calm, crowded))
    return "alone {}; with the crowd {}".format(*both)
