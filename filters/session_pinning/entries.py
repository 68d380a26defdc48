"""The pins of a store in the order of their expiry, with the share that each tenant has of them.

Where there is no room, a pin of the tenant with the most goes, its oldest: who makes many sessions pushes out its own
pins and nobody else's. Every operation is O(1). For that, tenants are kept by how many pins they have.
"""

from collections import OrderedDict

from filters.context import Pin

Entry = tuple[float, Pin]
"""When a pin expires, in seconds, and the pin."""


class Entries:
    """Pins by their keys. The oldest is the one that was put or put anew the longest ago."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._keys: dict[str, OrderedDict[str, None]] = {}
        self._sizes: dict[int, OrderedDict[str, None]] = {}
        self._most = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> Entry | None:
        """Return an entry, None where there is none."""
        return self._entries.get(key)

    def oldest(self) -> tuple[str, Entry] | None:
        """Return the oldest entry of all, None where there is none."""
        return next(iter(self._entries.items()), None)

    def put(self, key: str, entry: Entry) -> None:
        """Put an entry at the end of its order, whether there was one or not."""
        if key not in self._entries:
            self._count(key, added=True)
        self._entries[key] = entry
        self._entries.move_to_end(key)
        self._keys[_tenant(key)].move_to_end(key)

    def replace(self, key: str, entry: Entry) -> None:
        """Put another entry in the place of one that is there."""
        self._entries[key] = entry

    def drop(self, key: str) -> None:
        """Forget an entry, if there is one."""
        if self._entries.pop(key, None) is not None:
            self._count(key, added=False)

    def evict(self) -> None:
        """Forget the oldest entry of the tenant with the most. There must be one."""
        tenant = next(iter(self._sizes[self._most]))
        self.drop(next(iter(self._keys[tenant])))

    def _count(self, key: str, *, added: bool) -> None:
        """Note that the tenant of a key has one entry more or less."""
        tenant = _tenant(key)
        keys = self._keys.setdefault(tenant, OrderedDict())
        before = len(keys)
        if added:
            keys[key] = None
        else:
            del keys[key]
        after = len(keys)
        if before:
            self._sizes[before].pop(tenant)
        if after:
            self._sizes.setdefault(after, OrderedDict())[tenant] = None
        else:
            del self._keys[tenant]
        self._most = max(self._most, after)
        for size in (before, self._most):
            if not self._sizes.get(size):
                self._sizes.pop(size, None)
        if self._most not in self._sizes:
            self._most -= 1


def _tenant(key: str) -> str:
    """Return whose session a key is for (see `pin_key`)."""
    tenant, space, _ = key.partition(" ")
    return tenant if space else ""
