"""The access log: one line for each request, with what was decided and nothing that was said."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from filters.context import Decision
from filters.record import Kind, RequestRecord
from gateway.telemetry.logs import Common, Told, dropped_lines, info_writer

_MAX_KINDS: Final = 1024
"""Of requests whose common part is kept."""


class AccessLog:
    """A sink that writes a line for each record. Facts that a request never came to are left out.

    `duration_ms` and `ttft_ms` are in milliseconds; `model` is the one that was asked last, else the one decided for.

    Made after logging has been configured, since how lines are written is looked up once and not for each.
    """

    def __init__(self) -> None:
        self._write = info_writer()
        self._kinds: dict[Kind, Common] = {}

    @property
    def dropped(self) -> int:
        """How many lines of the log could not be written."""
        return dropped_lines()

    def emit(self, records: Sequence[RequestRecord]) -> None:
        """Write a line for each request."""
        self._write(self._told(records))

    def _told(self, records: Sequence[RequestRecord]) -> Iterator[Told]:
        kinds = self._kinds
        for record in records:
            common = kinds.get(record.kind)
            if common is None:
                if len(kinds) >= _MAX_KINDS:
                    kinds.clear()
                common = kinds[record.kind] = Common(_common(record, record.decision))
            yield common, _own(record), record.at + record.duration


def _common(record: RequestRecord, decision: Decision | None) -> dict[str, Any]:
    """Return what all requests of a kind have in their lines: nothing here is but of `record.kind`."""
    event: dict[str, Any] = {"event": "request", "method": record.method, "path": record.path, "status": record.status}
    if record.caller is not None:
        event["caller"] = record.caller
    if record.format is not None:
        event["format"] = record.format
    if decision is not None:
        event |= {"route": decision.route, "model": record.model, "decided_by": decision.decided_by}
        if record.session is not None:
            event["pinned"] = decision.pinned
    elif record.model is not None:
        event["model"] = record.model
    return event


def _own(record: RequestRecord) -> dict[str, Any]:
    """Return what no other request has in its line."""
    own: dict[str, Any] = {"duration_ms": int(record.duration * 1e6 + 0.5) / 1e3}  # `round` takes twice as long
    if (address := record.client_address) is not None:
        own["client"] = address
    if record.attempts or record.usage is not None:
        _add_upstream(own, record)
    if record.error or record.broken or record.warnings:
        _add_trouble(own, record)
    if (trace := record.trace) is not None:
        own["trace_id"] = trace_id = trace.trace_id
        if trace.request_id != trace_id:
            own["request_id"] = trace.request_id
    return own


def _add_upstream(line: dict[str, Any], record: RequestRecord) -> None:
    if record.attempts:
        line["attempts"] = len(record.attempts)
    if record.fallback:
        line["fallback"] = True
    if (usage := record.usage) is not None:
        line |= {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    if record.usage_estimated:
        line["usage_estimated"] = True
    if record.cost is not None:
        line["cost"] = record.cost
    if record.time_to_first_token is not None:
        line["ttft_ms"] = round(record.time_to_first_token * 1e3, 3)


def _add_trouble(line: dict[str, Any], record: RequestRecord) -> None:
    told = {"error": record.error, "reason": record.reason, "broken": record.broken, "warnings": list(record.warnings)}
    line |= {name: value for name, value in told.items() if value}
