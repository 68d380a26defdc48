"""Asking candidates until one begins to answer: retries with back-off, the budget for them, and health.

    admitted --> asked --(the answer begins)--> began --> succeeded | broke off
      ^            |
      |            +--(may help again, retries left)--> waits in the budget --> asked
      |            +--(only another can help)---------> the next candidate
      +------------+--(the request is wrong)----------> raised

`Attempts` lives as long as the process and holds no request. A request owns its list of failures until one candidate
has begun; from then on nothing is retried, and whoever relays the answer says how it ended (`ended`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from filters.errors import DownstreamError, UpstreamError
from filters.record import Attempt
from gateway.config.model import Config
from gateway.resilience.outlier_detection import OutlierDetector
from gateway.resilience.retry import BackOff, RetryBudget, RetryPolicy
from gateway.telemetry.recording import Recording
from gateway.upstream.candidates import Candidate
from gateway.upstream.failures import NotAskedError, final
from gateway.upstream.health import Health, Permit
from gateway.upstream.network import CONNECT_CAUSES, host_of

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Begun(Generic[Result]):
    """The attempt that began to answer, and what it gave; `skipped` are the candidates that could not be asked."""

    candidate: Candidate
    result: Result
    permit: Permit
    skipped: Sequence[NotAskedError] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt that is over: `error` is None where the answer began. `seconds` is how long that took."""

    candidate: Candidate
    error: UpstreamError | None
    seconds: float


Ask = Callable[[Candidate], Awaitable[Result]]
Note = Callable[[Tried], object]


def noting(recording: Recording) -> Note:
    """Return what notes each attempt in a request's recording."""

    def note(tried: Tried) -> None:
        error = tried.error
        recording.asked = error is None
        outcome, status = (error.cause, error.provider_status) if error else ("ok", 200)
        started = time.perf_counter() - tried.seconds - recording.started
        recording.attempts.append(Attempt(tried.candidate.model, outcome, status, tried.seconds, started))

    return note


class Attempts:
    """Asks candidates, and keeps what is known of their health across requests."""

    def __init__(self, policy: RetryPolicy, budget: RetryBudget, health: Health) -> None:
        self._policy = policy
        self._budget = budget
        self._health = health
        self._log = structlog.get_logger()

    async def first(
        self,
        candidates: Sequence[Candidate],
        attempt: Ask[Result],
        note: Note = lambda _: None,
        trace_id: str | None = None,
    ) -> Begun[Result]:
        """Return what the first candidate gives that begins to answer. `note` is told of each attempt.

        `attempt` raises DownstreamError for a candidate that cannot be asked, and UpstreamError for one that failed.
        Raises UpstreamError with what all candidates answered, or at once where the answer would be the same from each;
        and DownstreamError where none of them could be asked.
        """
        asking = _Asking(attempt, note, trace_id, [])
        out_of_service: list[str] = []
        with self._budget:
            for candidate, permit in self._admitted(candidates, out_of_service):
                try:
                    return await self._persist(candidate, permit, asking)
                except DownstreamError as error:
                    asking.failures.append(NotAskedError(candidate, error))
                except UpstreamError as error:
                    if not self._policy.falls_back(error):
                        raise
                    asking.failures.append(_alone(error))
        failure = final(asking.failures, out_of_service)
        asking.failures.clear()
        try:
            raise failure
        finally:
            del failure  # it holds this frame, so that nothing in the frame may hold it

    def ended(self, begun: Begun[Result], broken: str | None, trace_id: str | None = None) -> None:
        """Note how an answer ended that had begun; `broken` says in a word why it broke off."""
        if broken is None:
            self._health.succeeded(begun.candidate, begun.permit)
            return
        self._log.warning("upstream_broke_off", model=begun.candidate.model, reason=broken, trace_id=trace_id)
        if self._health.broke_off(begun.candidate, begun.permit):
            self._tell_ejected(begun.candidate, trace_id)

    def _admitted(
        self, candidates: Sequence[Candidate], out_of_service: list[str]
    ) -> Iterator[tuple[Candidate, Permit]]:
        """Give the candidates that are in service, and note the others; where none is, give all of them."""
        for candidate in candidates:
            if permit := self._health.admit(candidate):
                yield candidate, permit
            else:
                out_of_service.append(candidate.model)
        if len(out_of_service) == len(candidates):
            out_of_service.clear()
            for candidate in candidates:
                yield candidate, self._health.force(candidate)

    async def _persist(self, candidate: Candidate, permit: Permit, asking: "_Asking[Result]") -> Begun[Result]:
        """Ask one candidate as often as the policy allows. The last failure is raised, the others are noted."""
        tries = 0
        while True:
            tries += 1
            try:
                result = await self._ask(candidate, permit, asking, tries)
            except UpstreamError as error:
                delay = self._policy.delay(tries, error, candidate.provider.max_retries)
                if delay is None or not await self._wait(delay):
                    raise
                asking.failures.append(_alone(error))
                permit = self._health.force(candidate)
            else:
                skipped = [failure for failure in asking.failures if isinstance(failure, NotAskedError)]
                return Begun(candidate, result, permit, skipped)

    async def _ask(self, candidate: Candidate, permit: Permit, asking: "_Asking[Result]", tries: int) -> Result:
        """Make one attempt, and take its permit back whatever becomes of it."""
        started = time.perf_counter()
        try:
            result = await asking.attempt(candidate)
        except UpstreamError as error:
            asking.note(Tried(candidate, error, time.perf_counter() - started))
            self._tell_failed(candidate, error, tries, asking.trace_id)
            if self._health.failed(candidate, permit, error):
                self._tell_ejected(candidate, asking.trace_id)
            raise
        except BaseException:
            self._health.abandoned(candidate, permit)
            raise
        asking.note(Tried(candidate, None, time.perf_counter() - started))
        self._health.began(candidate, permit)
        return result

    async def _wait(self, delay: float) -> bool:
        with self._budget.retry(self._policy) as room:
            if room:
                await asyncio.sleep(delay)
            return room

    def _tell_failed(self, candidate: Candidate, error: UpstreamError, tries: int, trace_id: str | None) -> None:
        """Log a failure by its cause. What the provider said is not logged, since it may quote the request."""
        where = {"host": host_of(candidate)} if error.cause in CONNECT_CAUSES else {}
        status = error.provider_status or error.status
        self._log.warning(
            "upstream_failed",
            model=candidate.model,
            status=status,
            cause=error.cause,
            error=error.kind,
            tries=tries,
            trace_id=trace_id,
            **where,
        )

    def _tell_ejected(self, candidate: Candidate, trace_id: str | None) -> None:
        provider = candidate.provider.prefix
        self._log.warning("upstream_ejected", provider=provider, model=candidate.model, trace_id=trace_id)


@dataclass(frozen=True, slots=True)
class _Asking(Generic[Result]):
    """One request on its way through the candidates: `failures` so far, in order."""

    attempt: Ask[Result]
    note: Note
    trace_id: str | None
    failures: list[UpstreamError]


def _alone(error: UpstreamError) -> UpstreamError:
    """Return a failure without what led to it: the frames of its traceback hold what was sent, which may be large."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def build_attempts(config: Config, budget: RetryBudget, outliers: OutlierDetector) -> Attempts:
    """Return what asks candidates as the configuration says; `budget` and `outliers` outlive it."""
    section = config.resilience
    policy = RetryPolicy(
        BackOff(section.retry_base_seconds, section.retry_cap_seconds),
        section.max_retry_after_seconds,
        frozenset(config.fallback_on),
        section.retry_budget_percent / 100,
        section.retry_budget_min,
    )
    return Attempts(policy, budget, Health(outliers, section.ejection))
