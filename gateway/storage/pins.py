"""The stores that a configuration asks for."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from aiohttp import web

from filters.api import PinStore
from filters.context import Json
from filters.errors import ConfigError
from filters.session_pinning.config import SessionPinningConfig
from filters.session_pinning.memory import MemoryPinStore

Lifespan = Callable[[web.Application], AsyncIterator[None]]


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the pins of sessions and those of turns live; `stats` tells how they are.

    `lifespans` are the cleanup contexts of what has to be opened and closed.
    """

    pins: PinStore
    turns: PinStore
    stats: Callable[[], Json]
    lifespans: tuple[Lifespan, ...] = ()


def build_stores(section: SessionPinningConfig) -> Stores:
    """Return the stores. Raises ConfigError where Redis is asked for and its client or its URL cannot be used."""
    return _redis_stores(section) if section.session_cache.type == "redis" else _memory_stores(section)


def _memory_stores(section: SessionPinningConfig) -> Stores:
    sliding = section.session_ttl_mode == "sliding"
    pins, turns = (
        MemoryPinStore(section.session_ttl_seconds, section.session_max_entries, sliding=sliding) for _ in range(2)
    )
    return Stores(pins, turns, pins.stats)


def _redis_stores(section: SessionPinningConfig) -> Stores:
    try:
        from gateway.storage.redis_link import RedisLink  # noqa: PLC0415 - the client is an extra, and slow to import
        from gateway.storage.redis_pins import RedisPinStore  # noqa: PLC0415 - (same)
    except ModuleNotFoundError:
        raise ConfigError(
            "routing.session_cache.type: redis needs its client, which is not installed: pip install redis"
        ) from None
    cache = section.session_cache
    link = RedisLink(cache.url or "", cache.timeout_ms / 1000)
    sliding = section.session_ttl_mode == "sliding"
    pins, turns = (
        RedisPinStore(link, f"pointsman:{kind}:", section.session_ttl_seconds, sliding=sliding)
        for kind in ("pin", "turn")
    )
    return Stores(pins, turns, link.stats, (link.lifespan,))
