"""When to try again, and how long to wait before: pure arithmetic, no clock and no sleep."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from filters.errors import UpstreamError


def is_retriable(status: int) -> bool:
    """Tell whether an answer of this status may be another next time: 408, 429 and what the server is to blame for."""
    return status in {408, 429} or status >= 500


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Back-off in seconds: `base * 2^n` with full jitter, at most `cap`.

    A `Retry-After` is kept where it asks for no more than `max_retry_after`.
    A provider that asks for more patience than that is left to the next candidate.
    """

    base: float = 0.1
    cap: float = 2.0
    max_retry_after: float = 5.0
    rand: Callable[[], float] = field(default=random.random, repr=False)

    def delay(self, tries: int, error: UpstreamError, max_retries: int) -> float | None:
        """Return how long to wait after `tries` failures at one provider, None to give it up."""
        if not error.retryable or tries > max_retries:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.max_retry_after else None
        return self.rand() * min(self.cap, self.base * 2.0 ** (tries - 1))


class RetryBudget:
    """Keeps retries from making an overload worse: at most `ratio` of the requests in flight, and `least` at any time.

    The rule is Envoy's retry budget.
    """

    def __init__(self, ratio: float = 0.2, least: int = 10) -> None:
        self._ratio = ratio
        self._least = least
        self._active = 0
        self._retrying = 0

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request while it is in flight."""
        self._active += 1
        try:
            yield
        finally:
            self._active -= 1

    @contextmanager
    def retry(self) -> Iterator[bool]:
        """Count a retry while it waits, and tell whether there is room for it."""
        room = self._retrying < max(self._least, self._ratio * self._active)
        self._retrying += room
        try:
            yield room
        finally:
            self._retrying -= room
