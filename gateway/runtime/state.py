"""What outlives a configuration: a reload builds a new runtime on the same state."""

from collections.abc import Callable
from dataclasses import dataclass, field

from filters.admission.queue import Admission
from filters.api import Handler
from filters.format_detection.body import BodyReader
from filters.format_detection.in_flight import BodiesInFlight
from gateway.config.model import Config
from gateway.pricing.latency import Latencies
from gateway.resilience.outlier_detection import OutlierDetector
from gateway.resilience.retry import RetryBudget
from gateway.runtime.lifecycle import Lifecycle
from gateway.storage.counters import CounterStorage
from gateway.storage.links import Links
from gateway.storage.pins import Storage
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.sinks import Sinks
from gateway.upstream.client import UpstreamClient

End = Callable[[Config, "State", BodyReader], Handler]
"""Makes the end of the chain under a configuration: what serves the requests that the chain lets through."""


@dataclass(frozen=True, slots=True)
class State:
    """Where the process stands, pins, the health of providers, latencies, connections, and where records go.

    Each is made for the life of the process and knows nothing of a configuration.
    """

    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    client: UpstreamClient = field(default_factory=UpstreamClient)
    admission: Admission = field(default_factory=Admission)
    bodies: BodiesInFlight = field(default_factory=BodiesInFlight)
    links: Links = field(default_factory=Links)
    storage: Storage = field(init=False)
    counters: CounterStorage = field(init=False)
    outliers: OutlierDetector = field(default_factory=OutlierDetector)
    retry_budget: RetryBudget = field(default_factory=RetryBudget)
    latencies: Latencies = field(default_factory=Latencies)
    sinks: Sinks = field(default_factory=lambda: Sinks((AccessLog(),)))
    end: End | None = None
    """What ends the chain where it is not the forwarder: inside Envoy, which forwards by itself."""

    def __post_init__(self) -> None:
        """Let all stores share the links."""
        object.__setattr__(self, "storage", Storage(self.links))
        object.__setattr__(self, "counters", CounterStorage(self.links))
