"""What is asked in one turn of the event loop, answered in one go.

Under load many requests come to the same step in one turn. What that step needs (weights, code) is then fetched into
the processor's caches once for all of them, and not anew between two requests. One that comes alone is answered in the
next turn, which is microseconds away.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Job(NamedTuple, Generic[Asked, Answer]):
    asked: Asked
    cost: int
    answer: asyncio.Future[Answer]


class Together(Generic[Asked, Answer]):
    """Gathers what is asked and calls `work` with it. Used from one event loop at a time.

    The costs of what is answered in one go are at most `most` together, unless one alone is over it: the event loop
    comes to other things in between. Where `work` fails, each is asked alone, so that none fails for another.
    """

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Answer]], most: int) -> None:
        self._work = work
        self._most = most
        self._waiting: deque[_Job[Asked, Answer]] = deque()

    def ask(self, asked: Asked, cost: int) -> asyncio.Future[Answer]:
        """Return what will hold the answer, or what `work` raised. Who cancels it is not asked for any more."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._answer)
        self._waiting.append(_Job(asked, cost, answer))
        return answer

    def _answer(self) -> None:
        jobs = self._next()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._answer)
        if jobs:
            self._settle(jobs)

    def _next(self) -> list[_Job[Asked, Answer]]:
        """Take the next ones off, without those that were given up."""
        jobs: list[_Job[Asked, Answer]] = []
        cost = 0
        while self._waiting and (not jobs or cost + self._waiting[0].cost <= self._most):
            job = self._waiting.popleft()
            if not job.answer.cancelled():
                jobs.append(job)
                cost += job.cost
        return jobs

    def _settle(self, jobs: Sequence[_Job[Asked, Answer]]) -> None:
        try:
            answers = self._work([job.asked for job in jobs])
        except Exception as error:  # noqa: BLE001 - it is raised again in who asked
            if len(jobs) == 1:
                jobs[0].answer.set_exception(error)
                return
            for job in jobs:
                self._settle([job])
        else:
            for job, answer in zip(jobs, answers, strict=True):
                job.answer.set_result(answer)
