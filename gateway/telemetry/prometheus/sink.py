"""The sink that counts: from the record of a request to counters and histograms."""

from collections.abc import Callable
from typing import Final

from filters.context import Decision
from filters.formats.canonical.events import Usage
from filters.record import Attempt, RequestRecord
from gateway.config.model import Config
from gateway.telemetry.prometheus.counts import OTHER
from gateway.telemetry.prometheus.families import Families
from gateway.telemetry.prometheus.gen_ai import GenAiMetrics
from gateway.telemetry.prometheus.names import (
    NONE,
    Names,
    method_label,
    path_label,
    provider_of,
    status_label,
)

_ERRORS: Final = {
    name: name
    for name in (
        "invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error",
        "request_too_large", "rate_limit_error", "api_error", "server_error", "overloaded_error", "timeout_error",
        "insufficient_quota",
    )
}  # fmt: skip


class MetricsSink:
    """Counts records. `config` gives the configuration in service, whose names the labels may have."""

    def __init__(self, families: Families, config: Callable[[], Config]) -> None:
        self._families = families
        self._config = config
        self._names: Names | None = None
        self._gen_ai = GenAiMetrics(families)

    def emit(self, record: RequestRecord) -> None:
        """Count one request."""
        families, names = self._families, self._current_names()
        path, status = path_label(record.path), status_label(record.status)
        model, caller = names.model(record.model), record.caller or NONE
        decision = record.decision
        families.requests[
            method_label(record.method), path, record.format or NONE, status, names.route(decision), model, caller
        ].inc()
        families.duration[path, status].observe(record.duration)
        if record.status >= 400:
            self._count_error(record, status, caller)
        if decision is not None:
            self._count_decision(record, decision, names)
        if record.attempts:
            self._count_attempts(record, names)
            self._gen_ai.count(record, path, model)
        if record.usage is not None:
            self._count_usage(record, record.usage, model, caller)

    def _current_names(self) -> Names:
        config = self._config()
        if self._names is None or self._names.config is not config:
            self._names = Names(config)
        return self._names

    def _count_error(self, record: RequestRecord, status: str, caller: str) -> None:
        error = NONE if record.error is None else _ERRORS.get(record.error, OTHER)
        self._families.errors[error, status].inc()
        if record.reason is not None:
            self._families.refusals[str(record.status), caller].inc()

    def _count_decision(self, record: RequestRecord, decision: Decision, names: Names) -> None:
        families = self._families
        pinned = "true" if decision.pinned else "false"
        families.decisions[decision.decided_by, names.route(decision), pinned].inc()
        if record.session is not None:
            families.pins[("held" if decision.pinned else "made" if decision.model else NONE,)].inc()
        if decision.assessment is not None:
            for stage, microseconds in decision.assessment.elapsed_us.items():
                families.stages[(stage,)].observe(microseconds / 1e6)
            for stage, _ in decision.assessment.skipped:
                families.skipped[(stage,)].inc()

    def _count_attempts(self, record: RequestRecord, names: Names) -> None:
        families = self._families
        before: Attempt | None = None
        for attempt in record.attempts:
            model = names.model(attempt.model)
            labels = (provider_of(model), model)
            families.attempts[*labels, attempt.outcome].inc()
            families.answer[labels].observe(attempt.duration)
            if before is not None:
                self._count_again(before, attempt, names)
            before = attempt
        if record.broken is not None and before is not None:
            model = names.model(before.model)
            families.broken[provider_of(model), model].inc()

    def _count_again(self, before: Attempt, attempt: Attempt, names: Names) -> None:
        """Count an attempt that followed another: a retry at the same model, or a fallback from that one."""
        model = names.model(before.model)
        family = self._families.retries if attempt.model == before.model else self._families.fallbacks
        family[provider_of(model), model].inc()

    def _count_usage(self, record: RequestRecord, usage: Usage, model: str, caller: str) -> None:
        families = self._families
        for kind, count in (
            ("input", usage.input_tokens),
            ("output", usage.output_tokens),
            ("cache_read", usage.cache_read),
            ("cache_write", usage.cache_write),
            ("reasoning", usage.reasoning),
        ):
            if count:
                families.tokens[model, caller, kind].inc(count)
        if record.cost is None:
            families.unpriced[model, caller].inc()
        else:
            families.cost[model, caller].inc(record.cost)
        if record.baseline_cost is not None:
            families.baseline[model, caller].inc(record.baseline_cost)
