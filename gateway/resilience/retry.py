"""When to try again, and how long to wait before: pure arithmetic, no clock and no sleep."""

import random
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from filters.errors import UpstreamError

CONTENT_FILTER: Final = "content_filter"
CONTENT_FILTER_CODES: Final = frozenset(
    {CONTENT_FILTER, "content_policy_violation", "content_policy", "moderation_blocked"}
)
"""The `code` of an error by which OpenAI, Azure, LiteLLM and OpenRouter say that their filter refused."""


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long to wait before another try, in seconds: `base * 2^n` with full jitter, at most `cap`."""

    base: float = 0.1
    cap: float = 2.0
    rand: Callable[[], float] = field(default=random.random, repr=False)

    def delay(self, tries: int) -> float:
        """Return the wait after so many tries, counted from 1."""
        return self.rand() * min(self.cap, self.base * 2.0 ** min(tries - 1, 64))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What is tried again, where, and when.

    A `Retry-After` is kept where it asks for no more than `max_retry_after` seconds; a provider that asks for more
    patience is left to the next candidate. `fallback_on` names what else goes to the next candidate, beside what an
    error says of itself: HTTP statuses, or CONTENT_FILTER. At most `budget_ratio` of the requests that await an answer,
    or `budget_least`, may wait for a retry at once (Envoy's retry budget): retries must not make an overload worse.
    """

    back_off: BackOff = BackOff()
    max_retry_after: float = 5.0
    fallback_on: Collection[int | str] = ()
    budget_ratio: float = 0.2
    budget_least: int = 10

    def delay(self, tries: int, error: UpstreamError, max_retries: int) -> float | None:
        """Return how long to wait after `tries` failures at one candidate, None to give it up."""
        if not error.retryable or tries > max_retries:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.max_retry_after else None
        return self.back_off.delay(tries)

    def falls_back(self, error: UpstreamError) -> bool:
        """Tell whether the next candidate may answer where this one failed."""
        if error.retryable or error.fallback or error.provider_status in self.fallback_on:
            return True
        return CONTENT_FILTER in self.fallback_on and error.code in CONTENT_FILTER_CODES


class RetryBudget:
    """Counts the requests that await an answer, each while it is in this context, and the retries that wait."""

    def __init__(self) -> None:
        self._active = 0
        self._retrying = 0

    def __enter__(self) -> None:
        """Count a request while it awaits an answer."""
        self._active += 1

    def __exit__(self, *_: object) -> None:
        """Count it no longer."""
        self._active -= 1

    @contextmanager
    def retry(self, policy: RetryPolicy) -> Iterator[bool]:
        """Count a retry while it waits, and tell whether there is room for it."""
        room = self._retrying < max(policy.budget_least, policy.budget_ratio * self._active)
        self._retrying += room
        try:
            yield room
        finally:
            self._retrying -= room
