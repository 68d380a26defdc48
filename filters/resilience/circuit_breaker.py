"""A circuit breaker: after enough failures in a row no calls are made for a while, then one that decides.

A pure state machine: time comes from the clock it is given, and it neither waits nor calls.

    closed --(N failures in a row)--> open --(cool-down over)--> half-open --(probe succeeds)--> closed
                                       ^-------------(probe fails)-----'

Each cool-down is twice as long as the one before, up to a bound, until a call succeeds (Envoy's rule for ejections).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a circuit opens (`failures` in a row), and for how many seconds: `cool_down`, at most `max_cool_down`."""

    failures: int = 5
    cool_down: float = 30.0
    max_cool_down: float = 300.0


class CircuitBreaker:
    """Says whether a call may be made, and learns how it went.

    `admit` gives a permit, and exactly one of `succeeded`, `failed` and `abandoned` takes it back. A permit from before
    the circuit last opened says nothing about the callee as it is now, so that its outcome is ignored.
    """

    __slots__ = ("_clock", "_cool_down", "_era", "_failures", "_openings", "_policy", "_until", "state")

    def __init__(self, policy: BreakerPolicy, clock: Callable[[], float] = time.monotonic) -> None:
        self.state: State = "closed"
        self._policy = policy
        self._clock = clock
        self._failures = 0
        self._openings = 0
        self._era = 0
        self._until = 0.0

    @property
    def seconds_left(self) -> float:
        """How long no call will be admitted, in seconds; 0 where one would be."""
        return max(0.0, self._until - self._clock()) if self.state == "open" else 0.0

    @property
    def idle(self) -> bool:
        """Whether there is nothing to remember: the circuit is closed, and no failure was counted."""
        return self.state == "closed" and not (self._failures or self._openings)

    def admit(self) -> int | None:
        """Return a permit for one call, None where none may be made now."""
        if self.state == "open" and self._clock() >= self._until:
            return self.force()
        return self._era if self.state == "closed" else None

    def force(self) -> int:
        """Return a permit whatever the state, for a caller with no other choice; its outcome counts as a probe's."""
        if self.state == "open":
            self.state = "half-open"
        return self._era

    def began(self, permit: int) -> None:
        """Take note that an answer has begun, which may take long: other calls need not wait for how it ends."""
        if permit == self._era:
            self.state = "closed"

    def succeeded(self, permit: int) -> None:
        """Take note that the call was answered."""
        if permit == self._era:
            self.state = "closed"
            self._failures = self._openings = 0

    def failed(self, permit: int) -> bool:
        """Take note that the call failed, and tell whether that opened the circuit.

        One that has just been closed is opened again by its first failure.
        """
        if permit != self._era:
            return False
        self._failures += 1
        if self.state == "closed" and self._failures < (1 if self._openings else self._policy.failures):
            return False
        self._open(min(self._policy.max_cool_down, self._policy.cool_down * 2.0**self._openings))
        self._openings += 1
        return True

    def abandoned(self, permit: int) -> None:
        """Take note that nobody knows how the call would have gone: a probe is owed again."""
        if permit == self._era and self.state == "half-open":
            self.state = "open"

    def rest(self, seconds: float) -> None:
        """Admit no call for so long, because the callee asked for that: it is no failure, and none is counted."""
        self._open(max(seconds, self.seconds_left))

    def _open(self, seconds: float) -> None:
        self.state = "open"
        self._era += 1
        self._failures = 0
        self._until = self._clock() + seconds
