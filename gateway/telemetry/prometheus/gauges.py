"""What is true at the moment it is asked for: pins, ejections, requests in flight, what sinks have dropped.

`Readings` are taken on the event loop, where nothing changes meanwhile; whatever is slow comes after them, in a thread.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from gateway.telemetry.prometheus.names import Names
from gateway.version import VERSION


@dataclass(frozen=True, slots=True)
class Readings:
    """What the process is asked for.

    `started` is when it did, in seconds since the epoch. `pins` and `counters` are what these stores tell of
    themselves. `ejected` is what is left out, and for how many seconds more; `ejections` how often that began.
    `dropped` is what each sink has dropped, and `failed` how often each has failed. `reload` is how the last reload
    went: its `outcome`, when it was (`at`), and the `generation` of the configuration in service.
    """

    started: float = 0.0
    in_flight: int = 0
    pins: Mapping[str, Any] = field(default_factory=dict)
    counters: Mapping[str, Any] = field(default_factory=dict)
    ejected: Mapping[str, float] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    ejections: int = 0
    reload: Mapping[str, Any] = field(default_factory=dict)


def gauge_families(readings: Readings, names: Names) -> Iterator[Metric]:
    """Return the families of what was read."""
    yield _gauge("pointsman_build_info", "The version that runs.", {(VERSION,): 1}, "version")
    yield _gauge("pointsman_start_time_seconds", "When it started, in seconds since the epoch.", {(): readings.started})
    yield _gauge("pointsman_requests_in_flight", "Requests that are being served.", {(): readings.in_flight})
    yield from _stores({"pins": readings.pins, "counters": readings.counters})
    ejected: dict[tuple[str, ...], float] = {(names.ejected(each),): 1.0 for each in readings.ejected}
    yield _gauge("pointsman_upstream_ejected", "Models and providers that are left out at present.", ejected, "model")
    yield _counter("pointsman_upstream_ejections", "How often one was left out.", {"": readings.ejections})
    yield from _reload(readings.reload)
    yield _counter("pointsman_sink_dropped", "What a sink could not keep up with.", readings.dropped, "sink")
    yield _counter("pointsman_sink_failures", "How often a sink failed.", readings.failed, "sink")


def _stores(stores: Mapping[str, Mapping[str, Any]]) -> Iterator[Metric]:
    """Return the families of stores by their names: those in memory, and those in Redis."""
    if "entries" in stores["pins"]:
        yield _gauge("pointsman_pins_stored", "Pins in memory.", {(): stores["pins"]["entries"]})
    redis = {name: store for name, store in stores.items() if "available" in store}
    if redis:
        available: dict[tuple[str, ...], float] = {(name,): float(store["available"]) for name, store in redis.items()}
        failures = {name: store["failures"] for name, store in redis.items()}
        skipped = {name: store["skipped"] for name, store in redis.items()}
        yield _gauge("pointsman_redis_available", "Whether Redis is asked.", available, "store")
        yield _counter("pointsman_redis_failures", "How often Redis failed.", failures, "store")
        yield _counter("pointsman_redis_skipped", "How often Redis was not asked, for it had failed.", skipped, "store")


def _reload(reload: Mapping[str, Any]) -> Iterator[Metric]:
    """Return the families of the last reload, of a process that can reload."""
    if not reload:
        return
    successful = float(reload["outcome"] != "refused")
    yield _gauge("pointsman_config_generation", "Configurations that were in service.", {(): reload["generation"]})
    yield _gauge("pointsman_config_last_reload_successful", "Whether it was taken.", {(): successful})
    yield _gauge("pointsman_config_last_reload_timestamp_seconds", "When it was.", {(): reload["at"]})


def _gauge(name: str, about: str, values: Mapping[tuple[str, ...], float], *labels: str) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for each, value in values.items():
        family.add_metric(each, value)
    return family


def _counter(name: str, about: str, values: Mapping[str, float], *labels: str) -> Metric:
    family = CounterMetricFamily(name, about, labels=labels)
    for label, value in values.items():
        family.add_metric((label,) if labels else (), value)
    return family
