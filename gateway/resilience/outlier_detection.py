"""Outlier detection: what keeps failing is left out for a while, and comes back by itself.

The rules are Envoy's: so many failures in a row eject; each ejection lasts longer than the one before, up to a bound;
then one call decides whether it is over. Health is kept by name, a circuit breaker for each that failed lately.
"""

import time
from collections.abc import Callable
from typing import Final

from filters.resilience.circuit_breaker import BreakerPolicy, CircuitBreaker

MOST_NAMES: Final = 4096
"""Callers can make names up where a provider serves any model; past this, the oldest is forgotten."""
_POLICY: Final = BreakerPolicy()
_FIRST_PERMIT: Final = 0
"""The permit of a name that has no breaker, since none of its calls failed lately."""


class OutlierDetector:
    """Says who may be called. Permits are those of `CircuitBreaker`, and are taken back under the name they are for.

    It outlives configurations: the policy comes with each failure, and holds until the name has recovered.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._breakers: dict[str, CircuitBreaker] = {}
        self.ejections = 0
        """How often a failure has ejected, in all."""

    def admit(self, name: str) -> int | None:
        """Return a permit for one call, None while the name is ejected or rests."""
        breaker = self._breakers.get(name)
        return _FIRST_PERMIT if breaker is None else breaker.admit()

    def force(self, name: str) -> int:
        """Return a permit even for one that is ejected: with all ejected, trying is better than certain failure."""
        breaker = self._breakers.get(name)
        return _FIRST_PERMIT if breaker is None else breaker.force()

    def began(self, name: str, permit: int) -> None:
        """Note that an answer has begun: the name is left out no longer, but what was counted stands."""
        if (breaker := self._breakers.get(name)) is not None:
            breaker.began(permit)

    def succeeded(self, name: str, permit: int) -> None:
        """Note an answer that ended well: whatever was counted is forgotten."""
        if (breaker := self._breakers.get(name)) is not None:
            breaker.succeeded(permit)
            if breaker.idle:
                del self._breakers[name]

    def failed(self, name: str, permit: int, policy: BreakerPolicy = _POLICY) -> bool:
        """Note a failure, and tell whether it ejected."""
        ejected = self._breaker(name, policy).failed(permit)
        self.ejections += ejected
        return ejected

    def abandoned(self, name: str, permit: int) -> None:
        """Note a call that says nothing of its callee's health."""
        if (breaker := self._breakers.get(name)) is not None:
            breaker.abandoned(permit)

    def rest(self, name: str, seconds: float, policy: BreakerPolicy = _POLICY) -> None:
        """Leave one out for as long as it asked for."""
        self._breaker(name, policy).rest(seconds)

    def ejected(self) -> dict[str, float]:
        """Return who is left out at present, and for how many seconds more."""
        left = {name: breaker.seconds_left for name, breaker in self._breakers.items()}
        return {name: round(seconds, 1) for name, seconds in left.items() if seconds}

    def _breaker(self, name: str, policy: BreakerPolicy) -> CircuitBreaker:
        breaker = self._breakers.get(name)
        if breaker is None:
            if len(self._breakers) >= MOST_NAMES:
                del self._breakers[next(iter(self._breakers))]
            breaker = self._breakers[name] = CircuitBreaker(policy, self._clock)
        return breaker
