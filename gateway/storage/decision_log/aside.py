"""Work that takes the processor only while nothing else wants it."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

SLOW_SECONDS: Final = 0.5
HERE_SECONDS: Final = 30.0


class Aside:
    """Does work on a thread of the policy SCHED_IDLE, which any other thread of the machine interrupts at once.

    The scheduler would let a thread of low priority end its slice of some milliseconds first, whoever waits for that
    processor. Where all processors are busy, a thread of that policy hardly gets on: if work has taken SLOW_SECONDS,
    what comes in the next HERE_SECONDS is done by the calling thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self._thread: Final = ThreadPoolExecutor(1, initializer=_idle)
        self._here_until = -float("inf")

    def run(self, work: Callable[[], None]) -> None:
        """Do some work, and return when it is done; raises what it raises."""
        began = self._clock()
        if began < self._here_until:
            work()
            return
        self._thread.submit(work).result()
        if self._clock() - began >= SLOW_SECONDS:
            self._here_until = self._clock() + HERE_SECONDS


def _idle() -> None:
    """Give this thread the policy, where the system has one and allows it."""
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
