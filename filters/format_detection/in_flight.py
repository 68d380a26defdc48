"""The bytes of request bodies that are held at once, over all callers."""

from typing import Final

SMALL: Final = 65_536
"""Bytes of each body that are not counted, so that ordinary requests are served while large ones fill what there is."""


class BodiesInFlight:
    """Counts the bytes of bodies that are being read or served, and refuses what goes over a limit.

    Outlives a configuration; the limit is that of the configuration under which a body comes.
    """

    def __init__(self) -> None:
        self._held = 0

    @property
    def held(self) -> int:
        """The bytes that are counted now."""
        return self._held

    def take(self, size: int, most: int) -> bool:
        """Count bytes more, unless that would be more than `most` in all; tell whether they were counted."""
        if self._held + size > most:
            return False
        self._held += size
        return True

    def give_back(self, size: int) -> None:
        """Count bytes less."""
        self._held -= size
