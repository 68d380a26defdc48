"""The sink that counts: from the record of a request to counters and histograms."""

from collections.abc import Callable, Sequence
from typing import Final

from filters.context import Assessment
from filters.formats.canonical.events import Usage
from filters.record import Attempt, Kind, RequestRecord
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


_MAX_KINDS: Final = 1024
"""Of requests whose series are kept at hand."""


class _KindSeries:
    """What each request of a kind counts in: found once, since that costs more than the counting."""

    __slots__ = ("caller", "counters", "duration", "model", "path", "status")

    def __init__(self, families: Families, names: Names, record: RequestRecord) -> None:
        self.path, self.status = path_label(record.path), status_label(record.status)
        self.model, self.caller = names.model(record.model), record.caller or NONE
        decision = record.decision
        route = names.route(decision)
        labels = (record.format or NONE, self.status, route, self.model, self.caller)
        self.duration: Final = families.duration[self.path, self.status]
        self.counters: Final = [families.requests[method_label(record.method), self.path, *labels]]
        if decision is not None:
            pinned = "true" if decision.pinned else "false"
            self.counters.append(families.decisions[decision.decided_by, route, pinned])
            if record.session is not None:
                result = "held" if decision.pinned else "made" if decision.model else NONE
                self.counters.append(families.pins[(result,)])


class MetricsSink:
    """Counts records. `config` gives the configuration in service, whose names the labels may have."""

    def __init__(self, families: Families, config: Callable[[], Config]) -> None:
        self._families = families
        self._config = config
        self._names: Names | None = None
        self._kinds: dict[Kind, _KindSeries] = {}
        self._gen_ai = GenAiMetrics(families)

    def emit(self, records: Sequence[RequestRecord]) -> None:
        """Count some requests."""
        names = self._current_names()
        for record in records:
            series = self._series(record, names)
            for counter in series.counters:
                counter.value += 1
            series.duration.observe(record.duration)
            if record.status >= 400:
                self._count_error(record, series.status, series.caller)
            if record.decision is not None and record.decision.assessment is not None:
                self._count_stages(record.decision.assessment)
            if record.attempts:
                self._count_attempts(record, names)
                self._gen_ai.count(record, series.path, series.model)
            if record.usage is not None:
                self._count_usage(record, record.usage, series.model, series.caller)

    def _series(self, record: RequestRecord, names: Names) -> _KindSeries:
        series = self._kinds.get(record.kind)
        if series is None:
            if len(self._kinds) >= _MAX_KINDS:
                self._kinds.clear()
            series = self._kinds[record.kind] = _KindSeries(self._families, names, record)
        return series

    def _current_names(self) -> Names:
        config = self._config()
        if self._names is None or self._names.config is not config:
            self._names = Names(config)
            self._kinds.clear()
        return self._names

    def _count_error(self, record: RequestRecord, status: str, caller: str) -> None:
        error = NONE if record.error is None else _ERRORS.get(record.error, OTHER)
        self._families.errors[error, status].inc()
        if record.reason is not None:
            self._families.refusals[str(record.status), caller].inc()

    def _count_stages(self, assessment: Assessment) -> None:
        families = self._families
        for stage, microseconds in assessment.elapsed_us.items():
            families.stages[(stage,)].observe(microseconds / 1e6)
        for stage, _ in assessment.skipped:
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
