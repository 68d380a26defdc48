"""The metrics of the process, or of all workers, as the text that Prometheus reads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from aiohttp import web
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gateway.config.model import Config
from gateway.telemetry.prometheus.families import Families
from gateway.telemetry.prometheus.gauges import Readings, gauge_families
from gateway.telemetry.prometheus.loop_lag import measured_lag
from gateway.telemetry.prometheus.names import Names
from gateway.telemetry.prometheus.sink import MetricsSink
from gateway.telemetry.prometheus.workers import PUBLISH_SECONDS, SharedMetrics


class Exposition(NamedTuple):
    """The text, and its media type."""

    body: bytes
    content_type: str


class _Given(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


class Metrics:
    """What one process counts.

    `config` gives the configuration in service, `read` what is true at the moment. `shared` is the directory of workers
    that count together, None where there is one process.
    """

    def __init__(self, config: Callable[[], Config], read: Callable[[], Readings], shared: Path | None = None) -> None:
        self._families: Final = Families()
        self._config: Final = config
        self._read: Final = read
        self._shared: Final = SharedMetrics(shared) if shared else None
        self.sink: Final = MetricsSink(self._families, config)

    async def exposition(self, accept: str = "") -> Exposition:
        """Return the text in the form that an `Accept` header asks for; made in a thread, since it may be long."""
        readings = self._read()
        return await asyncio.to_thread(self._text, readings, accept)

    async def families(self) -> Sequence[Metric]:
        """Return what the text is made of, of all workers; made in a thread, too."""
        return await asyncio.to_thread(self._all, self._read())

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Measure the event loop, and publish to other workers if there are any (an aiohttp cleanup context)."""
        async with measured_lag(self._families.loop_lag[()].observe):
            if self._shared is None:
                yield
                return
            task = asyncio.create_task(self._publish_for_ever(self._shared))
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                self._publish(self._shared, self._read())

    async def _publish_for_ever(self, shared: SharedMetrics) -> None:
        while True:
            await asyncio.to_thread(self._publish, shared, self._read())
            await asyncio.sleep(PUBLISH_SECONDS)

    def _publish(self, shared: SharedMetrics, readings: Readings) -> None:
        shared.publish(self._collect(readings))

    def _text(self, readings: Readings, accept: str) -> Exposition:
        encode, content_type = choose_encoder(accept)
        return Exposition(encode(_Given(self._all(readings))), content_type)

    def _all(self, readings: Readings) -> Sequence[Metric]:
        own = self._collect(readings)
        return self._shared.summed(own) if self._shared else own

    def _collect(self, readings: Readings) -> Sequence[Metric]:
        return [*self._families.collect(), *gauge_families(readings, Names(self._config()))]
