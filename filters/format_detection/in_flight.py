"""The bytes of request bodies that are held at once, over all callers."""

from typing import Final

SMALL: Final = 65_536
"""Bytes of each body that are not counted, so that ordinary requests are served while large ones fill what there is."""


class BodiesInFlight:
    """Counts the bytes of bodies that are being read or served, and refuses what goes over the limit."""

    def __init__(self, max_bytes: int = 536_870_912) -> None:
        self._max: Final = max_bytes
        self._held = 0

    @property
    def held(self) -> int:
        """The bytes that are counted now."""
        return self._held

    def take(self, size: int) -> bool:
        """Count bytes more, unless that would be too many; tell whether they were counted."""
        if self._held + size > self._max:
            return False
        self._held += size
        return True

    def give_back(self, size: int) -> None:
        """Count bytes less."""
        self._held -= size
