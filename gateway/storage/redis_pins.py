"""Pins in Redis, shared by all gateways that use it. Needs Redis 6.2 or later, for GETEX and KEEPTTL."""

from functools import partial
from typing import Final

import orjson
from redis.asyncio import Redis

from filters.context import Pin
from gateway.storage.redis_link import RedisLink


class RedisPinStore:
    """Pins under `prefix`, each for `ttl` seconds; where Redis cannot be asked, it is as if there were none.

    Redis expires them, and what it drops when its memory is short is its own setting.
    """

    def __init__(self, link: RedisLink, prefix: str, ttl: int, *, sliding: bool = False) -> None:
        self._link: Final = link
        self._prefix: Final = prefix
        self._ttl: Final = ttl
        self._sliding: Final = sliding

    async def get(self, key: str) -> Pin | None:
        """Return the pin of a session that has not expired."""
        return await self._link.ask("get", partial(self._get, self._prefix + key), None)

    async def claim(self, key: str, pin: Pin) -> Pin:
        """Store a pin unless the session has one, and return the one that now stands."""
        return await self._link.ask("claim", partial(self._claim, self._prefix + key, pin), pin)

    async def move(self, key: str, pin: Pin) -> None:
        """Replace the pin of a session, keeping its expiry: it follows what was served."""
        await self._link.ask("move", partial(self._move, self._prefix + key, pin), None)

    async def drop(self, key: str) -> None:
        """Forget the pin of a session."""
        await self._link.ask("drop", partial(self._drop, self._prefix + key), None)

    async def _get(self, name: str, redis: Redis) -> Pin | None:
        return _unpacked(await self._read(name, redis))

    async def _read(self, name: str, redis: Redis) -> bytes | str | None:
        return await (redis.getex(name, ex=self._ttl) if self._sliding else redis.get(name))

    async def _claim(self, name: str, pin: Pin, redis: Redis) -> Pin:
        if await redis.set(name, _packed(pin), nx=True, ex=self._ttl):
            return pin
        raw = await self._read(name, redis)
        if raw is None:  # what stood has expired since
            return await self._claim(name, pin, redis)
        if (standing := _unpacked(raw)) is not None:
            return standing
        await redis.set(name, _packed(pin), ex=self._ttl)
        return pin

    async def _move(self, name: str, pin: Pin, redis: Redis) -> None:
        expiry = self._ttl if self._sliding else None
        if not await redis.set(name, _packed(pin), xx=True, ex=expiry, keepttl=not self._sliding):
            await self._claim(name, pin, redis)

    @staticmethod
    async def _drop(name: str, redis: Redis) -> None:
        await redis.delete(name)


def _packed(pin: Pin) -> bytes:
    return orjson.dumps(pin)


def _unpacked(raw: bytes | str | None) -> Pin | None:
    """Return the pin, None where there is none or it is not ours to read: another version may have written it."""
    if raw is None:
        return None
    try:
        return _pin_of(orjson.loads(raw))
    except orjson.JSONDecodeError:
        return None


def _pin_of(value: object) -> Pin | None:
    match value:
        case {"model": str(model), "route": str() | None as route, "inline": bool(inline)}:
            return Pin(model, route, inline)
        case _:
            return None
