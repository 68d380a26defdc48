"""A circuit breaker: after enough failures in a row a model is left alone for a while, then tried with one call.

A pure state machine: time comes from the clock it is given, and it neither waits nor calls.

    closed --(N failures in a row)--> open --(cool-down over)--> half-open --(probe succeeds)--> closed
                                       ^-------------(probe fails)-----'
"""

from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half-open"]


class CircuitBreaker:
    """Says whether a call may be made, and learns how it went.

    `admit` gives a permit, and exactly one of `succeeded`, `failed` and `abandoned` takes it back. A permit from before
    the circuit last opened says nothing about the model as it is now, so that its outcome is ignored.
    """

    def __init__(self, failures: int, cool_down_seconds: float, clock: Callable[[], float]) -> None:
        self.state: State = "closed"
        self._limit = failures
        self._cool_down = cool_down_seconds
        self._clock = clock
        self._failures = 0
        self._era = 0
        self._opened_at = 0.0

    def admit(self) -> int | None:
        """Return a permit for one call, None where none may be made now."""
        if self.state == "open" and self._clock() - self._opened_at >= self._cool_down:
            self.state = "half-open"
            return self._era
        return self._era if self.state == "closed" else None

    def succeeded(self, permit: int) -> None:
        """Take note that the call was answered."""
        if permit == self._era:
            self.state = "closed"
            self._failures = 0

    def failed(self, permit: int) -> None:
        """Take note that the call failed."""
        if permit != self._era:
            return
        self._failures += 1
        if self.state == "half-open" or self._failures >= self._limit:
            self.state = "open"
            self._era += 1
            self._failures = 0
            self._opened_at = self._clock()

    def abandoned(self, permit: int) -> None:
        """Take note that nobody knows how the call would have gone: a probe is owed again."""
        if permit == self._era and self.state == "half-open":
            self.state = "open"
