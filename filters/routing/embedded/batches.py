"""Prompts that wait for the accurate encoder, read together in one thread.

One batch is under way at a time. What comes meanwhile waits, up to a limit, and makes the next batch; a prompt that
waits or is being read already is not read again. The thread is asyncio's own, so that there is nothing to shut down.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from filters.routing.classifier import Prompt, Verdict
from filters.routing.embedded.classifier import BoundEmbedded, decide

MOST_WAITING: Final = 256
"""How many prompts may wait at once; above that the verdict of the fast encoder stands."""
BATCH: Final = 8
"""How many prompts are read together: more gain nothing, and keep the first from its answer."""


class OverloadedError(Exception):
    """Too many prompts are waiting."""


class Asks(Protocol):
    """Who asks: routes, and the classifier that the accurate encoder has for them, made at the first call."""

    @property
    def deciding(self) -> BoundEmbedded:
        """Return the classifier."""


class _Job(NamedTuple):
    asks: Asks
    prompt: Prompt
    answer: asyncio.Future[Verdict]


class Batches:
    """The queue before the accurate encoder. Used from one event loop at a time."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._jobs: dict[tuple[int, str, str], _Job] = {}
        self._waiting: list[tuple[int, str, str]] = []
        self._task: asyncio.Task[None] | None = None

    async def run(self, asks: Asks, prompt: Prompt) -> Verdict:
        """Return the accurate encoder's verdict. Raises OverloadedError where too many prompts wait."""
        key = (id(asks), prompt.text, prompt.previous)
        job = self._jobs.get(key)
        if job is None:
            job = self._enqueue(key, asks, prompt)
        return await asyncio.shield(job.answer)

    def _enqueue(self, key: tuple[int, str, str], asks: Asks, prompt: Prompt) -> _Job:
        if len(self._waiting) >= self._most_waiting:
            raise OverloadedError(f"{self._most_waiting} prompts are waiting for it")
        loop = asyncio.get_running_loop()
        job = self._jobs[key] = _Job(asks, prompt, loop.create_future())
        self._waiting.append(key)
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._drain())
        return job

    async def _drain(self) -> None:
        while self._waiting:
            keys, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            jobs = [self._jobs[key] for key in keys]
            try:
                verdicts = await asyncio.to_thread(_decide, jobs)
                for job, verdict in zip(jobs, verdicts, strict=True):
                    job.answer.set_result(verdict)
            except Exception as error:  # noqa: BLE001 - it is raised again in each of those who wait
                for job in jobs:
                    job.answer.set_exception(error)
            finally:
                for key in keys:
                    del self._jobs[key]


def _decide(jobs: Sequence[_Job]) -> list[Verdict]:
    """Read the prompts of all jobs as one batch, then decide about each by its own routes."""
    return decide([(job.asks.deciding, job.prompt) for job in jobs])
