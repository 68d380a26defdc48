"""Places, and the fair queue for them."""

import asyncio
from collections import OrderedDict, deque
from typing import Final, NamedTuple


class FullError(Exception):
    """There is no place, and will be none in time."""


class AdmissionLimits(NamedTuple):
    """So many requests at once, and so many more that wait for so many seconds at most."""

    places: int
    waiting: int
    seconds: float


class Admission:
    """The places that are taken, and who waits for one. Belongs to one event loop; outlives a configuration.

    `_serving` tells how many requests of each caller are in service, and `_queues` holds a queue for each caller that
    waits. The limits are those of the configuration under which the latest request came.
    """

    def __init__(self) -> None:
        self._limits: AdmissionLimits
        self._serving: Final[dict[str, int]] = {}
        self._queues: Final[OrderedDict[str, deque[asyncio.Future[None]]]] = OrderedDict()
        self._most: Final[dict[str, int | None]] = {}
        self._total = 0
        self._queued = 0

    @property
    def serving(self) -> int:
        """How many requests are in service."""
        return self._total

    @property
    def queued(self) -> int:
        """How many requests wait."""
        return self._queued

    def enter_at_once(self, caller: str, limits: AdmissionLimits, most: int | None = None) -> bool:
        """Take a place, of which the caller may have `most`, if there is one; tell whether there was."""
        self._limits = limits
        if self._total < limits.places and self._may(caller, most) and caller not in self._queues:
            self._take(caller)
            return True
        return False

    async def enter(self, caller: str, limits: AdmissionLimits, most: int | None = None) -> None:
        """Take a place, of which the caller may have `most`, as soon as there is one. Raises FullError."""
        if self.enter_at_once(caller, limits, most):
            return
        turn = self._wait(caller, most)
        try:
            async with asyncio.timeout(limits.seconds):
                await turn
        except TimeoutError:
            if not _given(turn):  # else it came with the last moment
                raise FullError from None
        except asyncio.CancelledError:
            if _given(turn):
                self.leave(caller)
            raise
        finally:
            self._forget(caller, turn)

    def leave(self, caller: str) -> None:
        """Give a place back."""
        self._total -= 1
        if (left := self._serving[caller] - 1) > 0:
            self._serving[caller] = left
        else:
            del self._serving[caller]
        if self._queues:
            self._call_next()

    def _may(self, caller: str, most: int | None) -> bool:
        return most is None or self._served(caller) < most

    def _served(self, caller: str) -> int:
        return self._serving.get(caller, 0)

    def _take(self, caller: str) -> None:
        self._total += 1
        self._serving[caller] = self._served(caller) + 1

    def _wait(self, caller: str, most: int | None) -> asyncio.Future[None]:
        if self._queued >= self._limits.waiting:
            self._make_room(caller)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(caller, deque()).append(turn)
        self._most[caller] = most
        self._queued += 1
        return turn

    def _make_room(self, caller: str) -> None:
        """Let the longest queue give up its last, unless that would be the new one's own. Raises FullError."""
        longest = max(self._queues, key=lambda each: len(self._queues[each]), default=caller)
        own = len(self._queues.get(caller, ()))
        if longest == caller or len(self._queues[longest]) <= own + 1:
            raise FullError
        last = self._queues[longest][-1]
        self._forget(longest, last)
        if not last.done():
            last.set_exception(FullError())

    def _forget(self, caller: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues.get(caller)
        if queue is None or turn not in queue:
            return
        queue.remove(turn)
        self._queued -= 1
        if not queue:
            del self._queues[caller], self._most[caller]

    def _call_next(self) -> None:
        """Give free places to those who wait: first to the caller with the fewest requests in service."""
        while self._total < self._limits.places:
            ready = [caller for caller in self._queues if self._may(caller, self._most[caller])]
            if not ready:
                return
            caller = min(ready, key=self._served)
            turn = self._queues[caller][0]
            self._forget(caller, turn)
            if not turn.done():
                self._take(caller)
                turn.set_result(None)


def _given(turn: asyncio.Future[None]) -> bool:
    return turn.done() and not turn.cancelled() and turn.exception() is None
