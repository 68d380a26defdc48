"""The pin stores that a configuration asks for, shared by all configurations that ask for the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from filters.api import PinStore
from filters.context import Json
from filters.errors import ConfigError
from filters.session_pinning.config import SessionPinningConfig
from filters.session_pinning.entries import Entries
from filters.session_pinning.memory import MemoryPinStore
from gateway.storage.links import Links

if TYPE_CHECKING:
    from gateway.storage.redis_link import RedisLink


ANSWER_SECONDS: Final = 30 * 86_400
"""As long as OpenAI keeps a response."""
MOST_ANSWERS: Final = 10_000


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
class Storage:
    """What pins live in, through every reload: pins in memory stay, and `links` too."""

    links: Links = field(default_factory=Links)
    _pins: Entries = field(default_factory=Entries)
    _turns: Entries = field(default_factory=Entries)
    _decisions: Entries = field(default_factory=Entries)
    _answers: Entries = field(default_factory=Entries)

    def stores(self, section: SessionPinningConfig) -> Stores:
        """Return the stores. Raises ConfigError where Redis is asked for and its client or its URL cannot be used."""
        return self._in_redis(section) if section.session_cache.type == "redis" else self._in_memory(section)

    def answers(self, section: SessionPinningConfig) -> PinStore:
        """Return where it is noted who keeps which answer: where the pins are. Raises ConfigError as `stores` does."""
        if section.session_cache.type == "memory":
            return MemoryPinStore(ANSWER_SECONDS, MOST_ANSWERS, entries=self._answers)
        make, _ = self._redis(section)
        return make("answer", ANSWER_SECONDS)

    def _in_memory(self, section: SessionPinningConfig) -> Stores:
        sliding = section.session_ttl_mode == "sliding"
        pins, turns = (
            MemoryPinStore(section.session_ttl_seconds, section.session_max_entries, sliding=sliding, entries=entries)
            for entries in (self._pins, self._turns)
        )
        return Stores(pins, turns, partial(MemoryPinStore, entries=self._decisions), pins.stats)

    def _in_redis(self, section: SessionPinningConfig) -> Stores:
        make, link = self._redis(section)
        sliding = section.session_ttl_mode == "sliding"
        pins, turns = (make(kind, section.session_ttl_seconds, sliding=sliding) for kind in ("pin", "turn"))
        return Stores(pins, turns, lambda ttl, _: make("decision", ttl), link.stats, link)

    def _redis(self, section: SessionPinningConfig) -> "tuple[Callable[..., PinStore], RedisLink]":
        """Return what makes a store of a kind of pins and their life in seconds, and the link that it uses."""
        try:
            from gateway.storage.redis_pins import RedisPinStore  # noqa: PLC0415 - an extra, and slow to import
        except ModuleNotFoundError:
            raise ConfigError(
                "routing.session_cache.type: redis needs its client, which is not installed: pip install redis"
            ) from None
        cache = section.session_cache
        link = self.links.link("routing.session_cache.url", cache.url or "", cache.timeout_ms / 1000)

        def make(kind: str, ttl: int, *, sliding: bool = False) -> PinStore:
            return RedisPinStore(link, f"pointsman:{kind}:", ttl, sliding=sliding)

        return make, link
