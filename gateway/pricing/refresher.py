"""Reading the sources again and again, while requests are served."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from typing import Final

import structlog
from aiohttp import web

from gateway.pricing.costs import Costs
from gateway.pricing.ranking import Ranking
from gateway.pricing.sources import Source
from gateway.pricing.table import SourceError, Table

_JITTER: Final = 0.1
"""Gateways that started together should not ask together for ever."""


class Refresher:
    """Keeps a ranking and the prices of requests up to date.

    There is a task for each source, which lives as long as the application. The published prices of the models of
    `priced` are looked up beside them, once: the first request that is priced need not wait for the list to be read.

    What a source gave last stays until it gives something better. One that fails is tried again after `first_retry`
    seconds, then after twice as long each time, up to its own interval; the first failure in a row is logged.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        ranking: Ranking,
        first_retry: float = 5.0,
        costs: Costs | None = None,
        priced: Sequence[str] = (),
    ) -> None:
        self._sources = sources
        self._ranking = ranking
        self._costs = costs
        self._priced = priced
        self._first_retry = first_retry
        self._log = structlog.get_logger()

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Read while the application runs (an aiohttp cleanup context). Nothing waits for the first reading."""
        tasks = [asyncio.create_task(self._keep(at, source)) for at, source in enumerate(self._sources)]
        tasks.append(asyncio.create_task(self._look_up()))
        for task in tasks:
            task.add_done_callback(self._ended)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_up(self) -> None:
        if self._costs is not None:
            await asyncio.to_thread(self._costs.look_up, self._priced)

    async def _keep(self, position: int, source: Source) -> None:
        failures: int | None = None
        while True:
            try:
                table = await source.read()
            except SourceError as error:
                if not failures:
                    self._log.warning("metrics_source_failed", source=source.name, reason=str(error))
                failures = (failures or 0) + 1
            else:
                self._ranking.update(source.prefer, position, table.values)
                if self._costs is not None:
                    self._costs.update(position, table.prices)
                if failures != 0:
                    self._tell(source, table)
                failures = 0
            await asyncio.sleep(self._delay(source.interval, failures))

    def _tell(self, source: Source, table: Table) -> None:
        self._log.info(
            "metrics_source_read",
            source=source.name,
            models=len(table.values),
            skipped=table.skipped,
            without_data=self._ranking.without_data(source.prefer),
        )

    def _delay(self, interval: float, failures: int) -> float:
        delay = min(interval, self._first_retry * 2 ** min(failures - 1, 20)) if failures else interval
        return delay * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads load, guards nothing

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Log a defect of ours by its type: its text could quote the source."""
        if not task.cancelled() and (error := task.exception()):
            self._log.error("metrics_source_crashed", error=type(error).__name__)
