"""Identical concurrent calls are made once, and whoever asked shares the result."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiters: int = 0


class SingleFlight(Generic[T]):
    """Calls under way, by key.

    The call belongs to all who wait for it, not to the first: it goes on when the first is cancelled, and ends when the
    last one leaves.
    """

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[T]] = {}

    async def join(self, key: str, start: Callable[[], Coroutine[Any, Any, T]], timeout_seconds: float) -> T:
        """Return the result of the call under `key`, made by `start` unless it is under way already.

        The call that `start` makes keeps its own time; one that was joined is waited for `timeout_seconds` at most, and
        then TimeoutError is raised.
        """
        flight = self._flights.get(key)
        patience = None if flight is None else timeout_seconds
        flight = flight or self._launch(key, start)
        flight.waiters += 1
        try:
            async with asyncio.timeout(patience):
                return await asyncio.shield(flight.task)
        finally:
            self._leave(key, flight)

    def _launch(self, key: str, start: Callable[[], Coroutine[Any, Any, T]]) -> _Flight[T]:
        flight = self._flights[key] = _Flight(asyncio.create_task(start()))
        return flight

    def _leave(self, key: str, flight: _Flight[T]) -> None:
        flight.waiters -= 1
        if flight.task.done() or not flight.waiters:
            flight.task.cancel()
            if self._flights.get(key) is flight:
                del self._flights[key]
