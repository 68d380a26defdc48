"""Pins in the memory of one process."""

import time
from collections.abc import Callable
from typing import Final

from filters.context import Json, Pin
from filters.session_pinning.entries import Entries


class MemoryPinStore:
    """At most `max_entries` pins, each for `ttl` seconds. Every operation is O(1).

    Where there is no room, the oldest pin of the tenant with the most goes.

    Entries lie in the order of their expiry, since all live equally long: a pin is put at the end when it is made and,
    in a `sliding` store, when it is used. So the first entry is the oldest and the first to expire, and expired entries
    are collected from the front, two at a time, whenever one is added.

    `entries` are those of another store, for one that goes on with them under other settings.
    """

    def __init__(
        self,
        ttl: float,
        max_entries: int,
        *,
        sliding: bool = False,
        clock: Callable[[], float] = time.monotonic,
        entries: Entries | None = None,
    ) -> None:
        self._ttl: Final = ttl
        self._max: Final = max_entries
        self._sliding: Final = sliding
        self._clock: Final = clock
        self._entries: Final = Entries() if entries is None else entries

    def __len__(self) -> int:
        return len(self._entries)

    def stats(self) -> Json:
        """Tell how many pins there are, expired ones that are yet to be collected among them."""
        return {"entries": len(self)}

    async def get(self, key: str) -> Pin | None:
        """Return the pin of a session that has not expired."""
        return self._live(key)

    async def claim(self, key: str, pin: Pin) -> Pin:
        """Store a pin unless the session has one, and return the one that now stands."""
        if (standing := self._live(key)) is not None:
            return standing
        self._make_room()
        self._entries.put(key, (self._clock() + self._ttl, pin))
        return pin

    async def move(self, key: str, pin: Pin) -> None:
        """Replace the pin of a session, keeping its expiry: it follows what was served."""
        entry = self._entries.get(key) if self._live(key) is not None else None
        if entry is None:
            await self.claim(key, pin)
        else:
            self._entries.replace(key, (entry[0], pin))

    async def drop(self, key: str) -> None:
        """Forget the pin of a session."""
        self._entries.drop(key)

    def _live(self, key: str) -> Pin | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        now = self._clock()
        expires, pin = entry
        if expires <= now:
            self._entries.drop(key)
            return None
        if self._sliding:
            self._entries.put(key, (now + self._ttl, pin))
        return pin

    def _make_room(self) -> None:
        now = self._clock()
        for _ in range(2):
            oldest = self._entries.oldest()
            if oldest is not None and oldest[1][0] <= now:
                self._entries.drop(oldest[0])
        while len(self._entries) >= self._max:
            self._entries.evict()
