"""Outlier detection: a provider that keeps failing is left out for a while, and comes back by itself.

The rules are Envoy's: so many failures in a row eject a provider; each ejection lasts longer than the one before, up
to a bound; and where all candidates are ejected, they are tried all the same, since that is better than certain
failure.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Health:
    failures: int = 0
    ejections: int = 0
    until: float = 0.0


class OutlierDetector:
    """Counts failures by provider. `base_ejection` and `max_ejection` are in seconds."""

    def __init__(
        self,
        consecutive_failures: int = 5,
        base_ejection: float = 30.0,
        max_ejection: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold = consecutive_failures
        self._base = base_ejection
        self._max = max_ejection
        self._clock = clock
        self._health: dict[str, _Health] = {}

    def is_ejected(self, provider: str) -> bool:
        """Tell whether a provider is left out at present."""
        health = self._health.get(provider)
        return health is not None and self._clock() < health.until

    def ejected(self) -> dict[str, float]:
        """Return the providers that are left out at present, and for how many seconds more."""
        now = self._clock()
        return {name: round(health.until - now, 1) for name, health in self._health.items() if now < health.until}

    def succeeded(self, provider: str) -> None:
        """Note an answer: whatever was counted is forgotten."""
        self._health.pop(provider, None)

    def failed(self, provider: str) -> bool:
        """Note a failure, and tell whether it ejected the provider.

        One that has just come back is ejected again by its first failure.
        """
        health = self._health.setdefault(provider, _Health())
        health.failures += 1
        if self._clock() < health.until or health.failures < (1 if health.ejections else self._threshold):
            return False
        health.until = self._clock() + min(self._max, self._base * 2**health.ejections)
        health.ejections += 1
        health.failures = 0
        return True
