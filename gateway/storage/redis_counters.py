"""Counters in Redis, shared by all gateways that use it."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextvars import Context
from functools import partial
from typing import Any, Final

from limits.aio.storage import RedisStorage
from redis.asyncio import Redis

from filters.counters import Addition, Window
from gateway.storage.redis_link import RedisLink

_PREFIX: Final = "pointsman:count"


class RedisCounters:
    """Counts through a link. Moving windows are those of the `limits` library: one script, so exact for any number."""

    def __init__(self, link: RedisLink) -> None:
        self._link: Final = link
        self._windows: Final = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=_PREFIX,
            connection_pool=link.pool,  # type: ignore[arg-type] # of its options this one is no text
        )
        self._tasks: Final[set[asyncio.Task[None]]] = set()

    async def acquire(self, key: str, limit: int, seconds: int) -> Window | None:
        """Take a place in a window that moves with the time."""
        return await self._link.ask("acquire", partial(self._acquire, key, limit, seconds), None)

    async def window(self, key: str, limit: int, seconds: int) -> Window | None:
        """Look at a window and take nothing."""
        return await self._link.ask("window", partial(self._window, key, limit, seconds), None)

    async def totals(self, keys: Sequence[str]) -> Sequence[int] | None:
        """Return totals."""
        return await self._link.ask("totals", partial(self._totals, keys), None)

    def add(self, additions: Sequence[Addition]) -> None:
        """Add to totals, in a context of its own: how long the request has waited for Redis does not matter here."""
        task = asyncio.get_running_loop().create_task(self._adding(additions), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _adding(self, additions: Sequence[Addition]) -> None:
        await self._link.ask("add", partial(self._add, additions), None)

    async def _acquire(self, key: str, limit: int, seconds: int, _: Redis) -> Window:
        allowed = await self._windows.acquire_entry(key, limit, seconds)
        return (await self._window(key, limit, seconds, _))._replace(allowed=allowed)

    async def _window(self, key: str, limit: int, seconds: int, _: Redis) -> Window:
        start, used = await self._windows.get_moving_window(key, limit, seconds)
        return Window(used < limit, used, max(0.0, start + seconds - time.time()))

    @staticmethod
    async def _totals(keys: Sequence[str], redis: Redis) -> Sequence[int]:
        return [int(value or 0) for value in await redis.mget([f"{_PREFIX}:{key}" for key in keys])]

    @staticmethod
    def _add(additions: Sequence[Addition], redis: Redis) -> Coroutine[Any, Any, Any]:
        pipeline = redis.pipeline(transaction=True)
        for key, amount, seconds in additions:
            pipeline.incrby(f"{_PREFIX}:{key}", amount)
            pipeline.expire(f"{_PREFIX}:{key}", seconds)
        return pipeline.execute()
