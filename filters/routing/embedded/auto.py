"""Both encoders: the fast one decides what it is sure of, the accurate one the rest.

What the fast one is sure of `sure.py` tells. Without that, for the encoder `accurate`, the accurate one decides all,
and the fast one only stands in for it.

The accurate encoder works in a thread, one batch at a time: prompts that come while it works wait together and are read
together, and the same prompt is read once. Whatever becomes of it within the budget, there is a verdict: the fast one's
stands where the accurate one is late or has too much to do.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter_ns
from typing import Final

from filters.routing.classifier import NearestExample, Prompt, Route, Skipped, Verdict
from filters.routing.embedded.batches import Batches, OverloadedError
from filters.routing.embedded.classifier import BoundEmbedded

FAST: Final = "fast"
ACCURATE: Final = "accurate"
BUDGET_MS: Final = 2000
"""How long a prompt waits for the accurate encoder, unless `routing.budget_ms` says otherwise."""

_SURE: Final = Skipped(ACCURATE, "the fast encoder is sure")


class BoundAuto:
    """The two encoders with one set of routes. The accurate one learns the routes when it is first needed.

    `doubt` tells why a verdict of the fast one does not stand, None where it does.
    """

    def __init__(
        self,
        fast: BoundEmbedded,
        accurate: Callable[[], BoundEmbedded],
        batches: Batches,
        doubt: Callable[[Verdict], str | None],
        budget_ms: int = BUDGET_MS,
    ) -> None:
        self.fast = fast
        self._doubt = doubt
        self._make = accurate
        self._made: BoundEmbedded | None = None
        self._lock = threading.Lock()
        self._batches = batches
        self._budget_ms = budget_ms

    @property
    def routes(self) -> Sequence[Route]:
        """The routes, in configuration order."""
        return self.fast.routes

    @property
    def thresholds(self) -> Sequence[float]:
        """What each route has to reach."""
        return self.fast.thresholds

    @property
    def stages(self) -> Mapping[str, BoundEmbedded]:
        """The classifiers by what makes their vectors, the one with the last word last."""
        return {stage.encoder: stage for stage in (self.fast, self.deciding)}

    @property
    def deciding(self) -> BoundEmbedded:
        """Return the accurate encoder's classifier, which has the last word; made at the first call."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    async def classify(self, prompt: Prompt) -> Verdict:
        """Decide by the fast encoder, and by the accurate one where that is not sure and there is time."""
        first = await self.fast.classify(prompt)
        if (doubt := self._doubt_of(first)) is None:
            return _settled(first)
        started = perf_counter_ns()
        try:
            async with asyncio.timeout(self._budget_ms / 1000):
                second = await self._batches.run(self, prompt)
        except TimeoutError:
            return _without_accurate(first, f"no answer within {self._budget_ms} ms")
        except OverloadedError as error:
            return _without_accurate(first, str(error))
        return _joined(first, doubt, second, (perf_counter_ns() - started) // 1000)

    def decide(self, prompt: Prompt) -> Verdict:
        """Decide in this thread, without a budget."""
        first = self.fast.decide(prompt)
        if (doubt := self._doubt_of(first)) is None:
            return _settled(first)
        second = self.deciding.decide(prompt)
        return _joined(first, doubt, second, second.elapsed_us[ACCURATE])

    def nearest_example(self, prompt: Prompt) -> NearestExample | None:
        """Return what the accurate encoder finds."""
        return self.deciding.nearest_example(prompt)

    def _doubt_of(self, first: Verdict) -> str | None:
        """Return why the accurate encoder is to be asked, None where the fast one has the last word."""
        return None if first.decided_by == "none" else self._doubt(first)


def _settled(first: Verdict) -> Verdict:
    return first if first.decided_by == "none" else replace(first, skipped=(*first.skipped, _SURE))


def _without_accurate(first: Verdict, reason: str) -> Verdict:
    return replace(first, skipped=(*first.skipped, Skipped(ACCURATE, reason)))


def _joined(first: Verdict, doubt: str, second: Verdict, microseconds: int) -> Verdict:
    """Return the second verdict with why the first did not stand, and what that cost."""
    times = {**first.elapsed_us, ACCURATE: microseconds}
    return replace(second, skipped=(Skipped(FAST, doubt), *second.skipped), elapsed_us=times)
