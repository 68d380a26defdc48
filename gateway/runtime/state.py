"""What outlives a configuration: a reload builds a new runtime on the same state."""

from dataclasses import dataclass, field

from gateway.pricing.latency import Latencies
from gateway.resilience.outlier_detection import OutlierDetector
from gateway.resilience.retry import RetryBudget
from gateway.runtime.lifecycle import Lifecycle
from gateway.storage.pins import Storage
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.sinks import Sinks
from gateway.upstream.client import UpstreamClient
from gateway.upstream.kept_answers import KeptAnswers


@dataclass(frozen=True, slots=True)
class State:
    """Where the process stands, pins, the health of providers, latencies, connections, and where records go.

    Each is made for the life of the process and knows nothing of a configuration.
    """

    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    client: UpstreamClient = field(default_factory=UpstreamClient)
    storage: Storage = field(default_factory=Storage)
    outliers: OutlierDetector = field(default_factory=OutlierDetector)
    retry_budget: RetryBudget = field(default_factory=RetryBudget)
    latencies: Latencies = field(default_factory=Latencies)
    kept_answers: KeptAnswers = field(default_factory=KeptAnswers)
    sinks: Sinks = field(default_factory=lambda: Sinks((AccessLog(),)))
