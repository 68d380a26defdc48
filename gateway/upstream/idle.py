"""A timeout for silence between chunks, at the price of one timer for a whole stream and none for a chunk."""

import asyncio
from types import TracebackType
from typing import Self

import aiohttp


class IdleTimeout:
    """An async context in which `read` raises TimeoutError, at the context's end, after `seconds` without a byte.

    Only reading counts: while a slow caller is written to, the provider is not to blame.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None
        self._scope = asyncio.timeout(None)

    async def __aenter__(self) -> Self:
        await self._scope.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(self._seconds, self._check)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        await self._scope.__aexit__(kind, error, trace)

    async def read(self, content: aiohttp.StreamReader) -> bytes:
        """Return what has come, waiting for at least a byte; empty at the end."""
        self._since = self._loop.time()
        chunk = await content.readany()
        self._since = None
        return chunk

    def _check(self) -> None:
        now = self._loop.time()
        due = (now if self._since is None else self._since) + self._seconds
        if due <= now:
            self._scope.reschedule(now)
        else:
            self._timer = self._loop.call_at(due, self._check)
