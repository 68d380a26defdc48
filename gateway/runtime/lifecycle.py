"""Where a process stands between its first request and its last: serving, draining, or cut off."""

import asyncio
from typing import Final


class Lifecycle:
    """Whether the process takes new work, and for how long what is in flight may go on.

    `drain` is the orderly end: the process says that it is not ready, stops listening after the delay that is
    configured, and lets requests finish. `cut` ends at once what is still in flight.
    """

    def __init__(self) -> None:
        self._asked: Final = asyncio.Event()
        self._cut: Final = asyncio.Event()
        self.hurried = False
        """Whether somebody waits at a terminal: the delay before the listeners close is left out."""

    @property
    def draining(self) -> bool:
        """Whether the process was told to stop."""
        return self._asked.is_set()

    def drain(self, *, hurried: bool = False) -> None:
        """Begin the orderly end. Told a second time, cut off what is still in flight."""
        if self._asked.is_set():
            self._cut.set()
        self.hurried = hurried or self.hurried
        self._asked.set()

    async def told_to_drain(self) -> None:
        """Wait until the process is told to stop."""
        await self._asked.wait()

    async def told_to_cut(self, seconds: float | None = None) -> bool:
        """Wait until the process is told to end at once, for at most so many seconds; return whether it was."""
        try:
            async with asyncio.timeout(seconds):
                await self._cut.wait()
        except TimeoutError:
            return False
        return True
