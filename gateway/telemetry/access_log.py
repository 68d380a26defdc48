"""The access log: one line for each request, with what was decided and nothing that was said."""

from typing import Any

from filters.context import Decision, TraceContext
from filters.record import RequestRecord
from gateway.telemetry.logs import dropped_lines, info_writer


class AccessLog:
    """A sink that writes a line for each record. Facts that a request never came to are left out.

    `duration_ms` and `ttft_ms` are in milliseconds; `model` is the one that was asked last, else the one decided for.

    Made after logging has been configured, since how lines are written is looked up once and not for each.
    """

    def __init__(self) -> None:
        self._write = info_writer()

    @property
    def dropped(self) -> int:
        """How many lines of the log could not be written."""
        return dropped_lines()

    def emit(self, record: RequestRecord) -> None:
        """Write the line of one request."""
        line: dict[str, Any] = {
            "event": "request",
            "method": record.method,
            "path": record.path,
            "status": record.status,
        }
        if record.client_address is not None:
            line["client"] = record.client_address
        if record.caller is not None:
            line["caller"] = record.caller
        if record.format is not None:
            line["format"] = record.format
        if record.decision is not None:
            _add_decision(line, record, record.decision)
        if record.attempts or record.model is not None:
            _add_upstream(line, record)
        if record.error or record.broken or record.warnings:
            _add_trouble(line, record)
        _add_trace(line, record.trace)
        line["duration_ms"] = round(record.duration * 1e3, 3)
        self._write(line, record.at + record.duration)


def _add_decision(line: dict[str, Any], record: RequestRecord, decision: Decision) -> None:
    line["route"] = decision.route
    line["model"] = decision.model
    line["decided_by"] = decision.decided_by
    if record.session is not None:
        line["pinned"] = decision.pinned


def _add_upstream(line: dict[str, Any], record: RequestRecord) -> None:
    line["model"] = record.model
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


def _add_trace(line: dict[str, Any], trace: TraceContext | None) -> None:
    if trace is not None:
        line["trace_id"] = trace.trace_id
        if trace.request_id != trace.trace_id:
            line["request_id"] = trace.request_id
