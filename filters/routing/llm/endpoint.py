"""Asking a model without being hurt by it: behind a breaker, a limit and a timeout, and once for all who ask."""

import asyncio
from collections.abc import Callable

import structlog

from filters.context import Json
from filters.resilience.circuit_breaker import CircuitBreaker
from filters.resilience.single_flight import SingleFlight
from filters.routing.llm.port import ChatModel, LlmUnavailableError

_log = structlog.get_logger()


class Endpoint:
    """The one model that decides, shared by every set of routes.

    `max_concurrency` calls may be under way at once; while the circuit of `breaker` is open there is none.
    """

    def __init__(self, model: ChatModel, max_concurrency: int, breaker: CircuitBreaker) -> None:
        self._model = model
        self._slots = asyncio.Semaphore(max_concurrency)
        self._breaker = breaker
        self._flights: SingleFlight[str] = SingleFlight()

    @property
    def supports_schema(self) -> bool:
        """Whether a body may say which shape the answer must have."""
        return self._model.supports_schema

    async def ask(self, key: str, body: Json, timeout_seconds: float) -> str:
        """Return the model's answer within `timeout_seconds`, the wait for a slot included.

        Calls with the same `key` at the same time are one call. Whatever goes wrong is raised as LlmUnavailableError,
        apart from the caller's own cancellation.
        """
        try:
            return await self._flights.join(key, lambda: self._admit(body, timeout_seconds), timeout_seconds)
        except TimeoutError:
            raise LlmUnavailableError("timeout") from None

    async def _admit(self, body: Json, timeout_seconds: float) -> str:
        """Make the call if the breaker lets it, and tell the breaker how it went."""
        permit = self._breaker.admit()
        if permit is None:
            raise LlmUnavailableError("circuit open")
        outcome: Callable[[CircuitBreaker, int], object] = CircuitBreaker.abandoned
        try:
            async with asyncio.timeout(timeout_seconds) as limit, self._slots:
                outcome = CircuitBreaker.failed
                text = await self._complete(body, limit)
            outcome = CircuitBreaker.succeeded
        except TimeoutError:
            raise LlmUnavailableError("timeout" if outcome is CircuitBreaker.failed else "busy") from None
        except asyncio.CancelledError:
            outcome = CircuitBreaker.abandoned
            raise
        finally:
            self._settle(outcome, permit)
        return text

    async def _complete(self, body: Json, limit: asyncio.Timeout) -> str:
        left = (limit.when() or 0.0) - asyncio.get_running_loop().time()
        try:
            return await self._model.complete(body, left)
        except (LlmUnavailableError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - a request is never failed by its classifier, a defect's text may quote it
            raise LlmUnavailableError(f"defect: {type(error).__name__}") from None

    def _settle(self, outcome: Callable[[CircuitBreaker, int], object], permit: int) -> None:
        before = self._breaker.state
        outcome(self._breaker, permit)
        if self._breaker.state != before:
            _log.warning("llm classifier circuit", state=self._breaker.state)
