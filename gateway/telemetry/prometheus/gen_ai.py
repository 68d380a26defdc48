"""The metrics of OpenTelemetry's semantic conventions for generative AI, under the names that Prometheus gives them.

A dot is an underscore there, and the unit is the end of the name; `{token}` is none. The gateway is the server in these
(`gen_ai.server.*`), as its callers see it, and the provider's client where it counts tokens.
"""

from filters.record import RequestRecord
from gateway.telemetry.gen_ai import operation_name, provider_name
from gateway.telemetry.prometheus.families import Families


class GenAiMetrics:
    """Counts requests that a model was asked for."""

    def __init__(self, families: Families) -> None:
        self._tokens = families.gen_ai_tokens
        self._duration = families.gen_ai_duration
        self._first = families.gen_ai_first
        self._each = families.gen_ai_each
        self._labels: dict[tuple[str, str], tuple[str, str, str]] = {}

    def count(self, record: RequestRecord, path: str, model: str) -> None:
        """Count a request by the labels of its path and of the model that was asked last."""
        labels = self._labels.get((path, model)) or self._make_labels(path, model)
        error = "" if record.status < 400 and record.broken is None else _error_type(record)
        self._duration[*labels, error].observe(record.duration)
        if record.usage is not None:
            for kind, count in (("input", record.usage.input_tokens), ("output", record.usage.output_tokens)):
                if count is not None:
                    self._tokens[*labels, kind].observe(count)
        if record.time_to_first_token is not None and not error:
            self._first[labels].observe(record.time_to_first_token)
            self._count_each(record, record.time_to_first_token, labels)

    def _count_each(self, record: RequestRecord, first: float, labels: tuple[str, str, str]) -> None:
        """Count the time between tokens, of an answer that came token by token."""
        tokens = record.usage.output_tokens if record.usage else None
        if record.stream and tokens is not None and tokens > 1:
            self._each[labels].observe((record.duration - first) / (tokens - 1))

    def _make_labels(self, path: str, model: str) -> tuple[str, str, str]:
        prefix, _, name = model.partition("/")
        labels = self._labels[path, model] = (operation_name(path), provider_name(prefix), name or model)
        return labels


def _error_type(record: RequestRecord) -> str:
    if record.status < 400:
        return "broken"
    return str(record.status) if record.status < 600 else "other"
