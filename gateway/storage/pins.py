"""The pin stores that a configuration asks for, shared by all configurations that ask for the same."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from filters.api import PinStore
from filters.context import Json
from filters.errors import ConfigError
from filters.session_pinning.config import SessionPinningConfig
from filters.session_pinning.memory import Entries, MemoryPinStore

if TYPE_CHECKING:
    from gateway.storage.redis_link import RedisLink


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the pins of sessions and those of turns live; `stats` tells how they are.

    `decisions` gives the store of decisions that are held for so many seconds, and so many at most. `link` is the way
    to Redis, if any.
    """

    pins: PinStore
    turns: PinStore
    decisions: Callable[[int, int], PinStore]
    stats: Callable[[], Json]
    link: "RedisLink | None" = None


@dataclass(slots=True)
class _Shared:
    """A link to Redis and how many runtimes use it."""

    link: "RedisLink"
    users: int = 0
    lifespan: Any = None


@dataclass(slots=True)
class Storage:
    """What pins live in, through every reload: pins in memory stay, and a Redis of the same address keeps its link."""

    _pins: Entries = field(default_factory=OrderedDict)
    _turns: Entries = field(default_factory=OrderedDict)
    _decisions: Entries = field(default_factory=OrderedDict)
    _links: dict[tuple[str, int], _Shared] = field(default_factory=dict)

    def stores(self, section: SessionPinningConfig) -> Stores:
        """Return the stores. Raises ConfigError where Redis is asked for and its client or its URL cannot be used."""
        return self._in_redis(section) if section.session_cache.type == "redis" else self._in_memory(section)

    @asynccontextmanager
    async def opened(self, stores: Stores, app: web.Application) -> AsyncIterator[None]:
        """Hold the connections of stores open. A link is closed when the last runtime that uses it has ended."""
        if stores.link is None:
            yield
            return
        key, shared = next((key, shared) for key, shared in self._links.items() if shared.link is stores.link)
        shared.users += 1
        if shared.lifespan is None:
            shared.lifespan = asynccontextmanager(shared.link.lifespan)(app)
            await shared.lifespan.__aenter__()
        try:
            yield
        finally:
            shared.users -= 1
            if not shared.users:
                self._links.pop(key, None)
                await shared.lifespan.__aexit__(None, None, None)

    def _in_memory(self, section: SessionPinningConfig) -> Stores:
        sliding = section.session_ttl_mode == "sliding"
        pins, turns = (
            MemoryPinStore(section.session_ttl_seconds, section.session_max_entries, sliding=sliding, entries=entries)
            for entries in (self._pins, self._turns)
        )
        return Stores(pins, turns, partial(MemoryPinStore, entries=self._decisions), pins.stats)

    def _in_redis(self, section: SessionPinningConfig) -> Stores:
        try:
            from gateway.storage.redis_link import RedisLink  # noqa: PLC0415 - an extra, and slow to import
            from gateway.storage.redis_pins import RedisPinStore  # noqa: PLC0415 - (same)
        except ModuleNotFoundError:
            raise ConfigError(
                "routing.session_cache.type: redis needs its client, which is not installed: pip install redis"
            ) from None
        cache = section.session_cache
        key = (cache.url or "", cache.timeout_ms)
        if key not in self._links:
            self._links[key] = _Shared(RedisLink(key[0], cache.timeout_ms / 1000))
        link = self._links[key].link
        sliding = section.session_ttl_mode == "sliding"
        pins, turns = (
            RedisPinStore(link, f"pointsman:{kind}:", section.session_ttl_seconds, sliding=sliding)
            for kind in ("pin", "turn")
        )
        return Stores(pins, turns, lambda ttl, _: RedisPinStore(link, "pointsman:decision:", ttl), link.stats, link)
