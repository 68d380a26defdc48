"""Trying candidates until one serves: retries with back-off, the budget for them, and outlier detection."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Final, Protocol, TypeVar

import structlog

from filters.errors import DownstreamError, UpstreamError
from gateway.resilience.outlier_detection import OutlierDetector
from gateway.resilience.retry import RetryBudget, RetryPolicy
from gateway.upstream.candidates import Candidate
from gateway.upstream.failures import NotAskedError, ProviderAnsweredError, RedirectedError, exhausted


class Outcome(Protocol):
    """What an attempt gives that got as far as to answer."""

    @property
    def broken(self) -> str | None:
        """Why the answer failed after it had begun, in a word; None where it did not."""


Result = TypeVar("Result", bound=Outcome)
_IMPATIENCE: Final = frozenset({408, 429})
"""What a healthy provider answers too."""


class Attempts:
    """Holds what is known of the providers, across requests."""

    def __init__(self, policy: RetryPolicy, budget: RetryBudget, outliers: OutlierDetector) -> None:
        self._policy = policy
        self._budget = budget
        self._outliers = outliers
        self._log = structlog.get_logger()

    async def first(
        self,
        candidates: Sequence[Candidate],
        attempt: Callable[[Candidate], Awaitable[Result]],
        trace_id: str | None = None,
    ) -> Result:
        """Return what the first candidate that serves gives; what fails is logged under the trace.

        `attempt` raises UpstreamError as long as nothing has gone downstream. Raises UpstreamError with what all
        candidates answered, or at once where the answer would be the same from each: the request is wrong.
        """
        failures: list[UpstreamError] = []
        with self._budget.request():
            for candidate in self._healthy_first(candidates):
                try:
                    return await self._persist(candidate, attempt, failures, trace_id)
                except DownstreamError as error:
                    if not failures:
                        raise
                    failures.append(NotAskedError(candidate, error))
                except UpstreamError as error:
                    failures.append(error)
                    if not error.retryable:
                        raise
        raise _final(failures)

    async def _persist(
        self,
        candidate: Candidate,
        attempt: Callable[[Candidate], Awaitable[Result]],
        failures: list[UpstreamError],
        trace_id: str | None,
    ) -> Result:
        """Try one candidate as often as the policy allows. The last failure is raised, the others are noted."""
        for tries in count(1):
            try:
                result = await attempt(candidate)
            except UpstreamError as error:
                self._failed(candidate, error, tries, trace_id)
                retries = 0 if isinstance(error, RedirectedError) else candidate.provider.max_retries
                delay = self._policy.delay(tries, error, retries)
                if delay is None or not await self._wait(delay):
                    raise
                failures.append(error)
            else:
                self._answered(candidate, result.broken, trace_id)
                return result
        raise AssertionError("count() does not end")

    async def _wait(self, delay: float) -> bool:
        with self._budget.retry() as room:
            if room:
                await asyncio.sleep(delay)
            return room

    def _answered(self, candidate: Candidate, broken: str | None, trace_id: str | None) -> None:
        """Note an answer: one that failed after it had begun is no better than none."""
        if broken is None:
            self._outliers.succeeded(_key(candidate))
        else:
            self._log.warning("upstream_broke_off", model=candidate.model, reason=broken, trace_id=trace_id)
            self._count(candidate, trace_id)

    def _failed(self, candidate: Candidate, error: UpstreamError, tries: int, trace_id: str | None) -> None:
        status = error.provider_status or error.status
        self._log.warning("upstream_failed", model=candidate.model, status=status, tries=tries, trace_id=trace_id)
        if error.retryable and error.provider_status not in _IMPATIENCE:
            self._count(candidate, trace_id)

    def _count(self, candidate: Candidate, trace_id: str | None) -> None:
        if self._outliers.failed(_key(candidate)):
            provider = candidate.provider.prefix
            self._log.warning("upstream_ejected", provider=provider, model=candidate.model, trace_id=trace_id)

    def _healthy_first(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Leave ejected providers out, unless there is no other."""
        return [one for one in candidates if not self._outliers.is_ejected(_key(one))] or candidates


def _key(candidate: Candidate) -> str:
    """Two models of one server share its health; two servers on one host do not."""
    return f"{candidate.provider.prefix} {candidate.provider.base_url}"


def _final(failures: Sequence[UpstreamError]) -> UpstreamError:
    last = failures[-1]
    only = len({failure.provider for failure in failures}) == 1
    return last if only and isinstance(last, ProviderAnsweredError) else exhausted(failures)
