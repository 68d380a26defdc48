"""Every counter and histogram, with its labels and buckets.

The buckets of `gen_ai_*` are those of OpenTelemetry's semantic conventions for generative AI.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from prometheus_client.metrics_core import Metric

from gateway.telemetry.prometheus.counts import Counter, Family, Histogram, counter_metric, histogram_metric

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_STAGE_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_LAG_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_TOKENS: Final = tuple(4**power for power in range(14))
_GEN_AI_DURATION: Final = tuple(0.01 * 2**power for power in range(14))
_GEN_AI_FIRST: Final = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_GEN_AI_EACH: Final = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
_GEN_AI: Final = ("gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model")


class Families:
    """The counters and histograms of one process."""

    def __init__(self) -> None:
        self._collect: list[partial[Metric]] = []
        self._requests()
        self._decisions()
        self._upstream()
        self._usage()
        self._gen_ai()

    def _requests(self) -> None:
        self.requests = self._counter(
            "pointsman_requests",
            "Requests that have ended, by the class of their status (4xx counts callers that left, too).",
            ("method", "path", "format", "status", "route", "model", "caller"),
        )
        self.duration = self._histogram(
            "pointsman_request_duration_seconds", "How long requests took.", ("path", "status"), _SECONDS
        )
        self.errors = self._counter(
            "pointsman_errors", "Requests that were answered with an error, by its type.", ("error", "status")
        )
        self.refusals = self._counter(
            "pointsman_refusals",
            "Requests that the gateway itself refused: malformed, over a limit, without a key.",
            ("status", "caller"),
        )
        self.loop_lag = self._histogram(
            "pointsman_event_loop_lag_seconds", "How late the event loop was.", (), _LAG_SECONDS
        )

    def _decisions(self) -> None:
        self.decisions = self._counter(
            "pointsman_decisions", "Decisions, by who made them.", ("decided_by", "route", "pinned")
        )
        self.stages = self._histogram(
            "pointsman_decision_stage_duration_seconds", "How long each stage took.", ("stage",), _STAGE_SECONDS
        )
        self.skipped = self._counter(
            "pointsman_decision_stages_skipped", "Stages of decisions that did not decide.", ("stage",)
        )
        self.pins = self._counter(
            "pointsman_pins", "Requests with a session: its pin held, was made, or nothing was pinned.", ("result",)
        )

    def _upstream(self) -> None:
        labels = ("provider", "model")
        self.attempts = self._counter(
            "pointsman_upstream_attempts", "Requests to providers, by how they ended.", (*labels, "outcome")
        )
        self.answer = self._histogram(
            "pointsman_upstream_response_duration_seconds",
            "Until an answer began, or the attempt failed.",
            labels,
            _SECONDS,
        )
        self.retries = self._counter("pointsman_upstream_retries", "Attempts after the first at one model.", labels)
        self.fallbacks = self._counter(
            "pointsman_upstream_fallbacks", "Models that were left for the next candidate.", labels
        )
        self.broken = self._counter(
            "pointsman_upstream_broken_answers", "Answers that failed after they had begun.", labels
        )

    def _usage(self) -> None:
        labels = ("model", "caller")
        self.tokens = self._counter("pointsman_tokens", "Tokens, as providers report them.", (*labels, "type"))
        self.cost = self._counter("pointsman_cost_usd", "What requests cost, in US dollars.", labels)
        self.baseline = self._counter(
            "pointsman_baseline_cost_usd", "What they would have cost on the baseline model.", labels
        )
        self.unpriced = self._counter(
            "pointsman_unpriced_requests", "Requests with usage and without a known price.", labels
        )

    def _gen_ai(self) -> None:
        self.gen_ai_tokens = self._histogram(
            "gen_ai_client_token_usage", "Tokens of each request.", (*_GEN_AI, "gen_ai_token_type"), _TOKENS
        )
        self.gen_ai_duration = self._histogram(
            "gen_ai_server_request_duration_seconds",
            "How long requests took to their last byte.",
            (*_GEN_AI, "error_type"),
            _GEN_AI_DURATION,
        )
        self.gen_ai_first = self._histogram(
            "gen_ai_server_time_to_first_token_seconds", "Until the first token of an answer.", _GEN_AI, _GEN_AI_FIRST
        )
        self.gen_ai_each = self._histogram(
            "gen_ai_server_time_per_output_token_seconds", "Each token after the first.", _GEN_AI, _GEN_AI_EACH
        )

    def collect(self) -> Iterator[Metric]:
        """Return all of them as Prometheus reads them."""
        return (collect() for collect in self._collect)

    def _counter(self, name: str, about: str, labels: Sequence[str]) -> Family[Counter]:
        family = Family(name, about, labels, Counter)
        self._collect.append(partial(counter_metric, family))
        return family

    def _histogram(self, name: str, about: str, labels: Sequence[str], buckets: Sequence[float]) -> Family[Histogram]:
        family = Family(name, about, labels, partial(Histogram, buckets))
        self._collect.append(partial(histogram_metric, family, buckets))
        return family
