"""The access log: one line for each request, with what was decided and nothing that was said."""

from typing import Any

import structlog

from filters.context import Decision, TraceContext
from filters.record import RequestRecord


class AccessLog:
    """A sink that writes a line for each record. Facts that a request never came to are left out.

    `duration_ms` and `ttft_ms` are in milliseconds; `model` is the one that was asked last, else the one decided for.

    Made after logging has been configured, since the logger is bound once and not for each line.
    """

    def __init__(self) -> None:
        self._info = structlog.get_logger().bind().info

    def emit(self, record: RequestRecord) -> None:
        """Write the line of one request."""
        line: dict[str, Any] = {"method": record.method, "path": record.path, "status": record.status}
        _add(line, client=record.client_address, caller=record.caller, format=record.format)
        if record.decision is not None:
            _add_decision(line, record.decision)
        _add(line, model=record.model)
        if record.attempts:
            line["attempts"] = len(record.attempts)
            _add(line, fallback=record.fallback or None)
        if record.usage is not None:
            _add(line, input_tokens=record.usage.input_tokens, output_tokens=record.usage.output_tokens)
        _add(line, cost=record.cost, error=record.error, reason=record.reason, broken=record.broken)
        if record.warnings:
            line["warnings"] = list(record.warnings)
        if record.trace is not None:
            _add_trace(line, record.trace)
        if record.time_to_first_token is not None:
            line["ttft_ms"] = round(record.time_to_first_token * 1e3, 3)
        line["duration_ms"] = round(record.duration * 1e3, 3)
        self._info("request", **line)


def _add(line: dict[str, Any], **fields: Any) -> None:
    """Add what is known."""
    line.update({name: value for name, value in fields.items() if value is not None})


def _add_decision(line: dict[str, Any], decision: Decision) -> None:
    line["route"] = decision.route
    line["model"] = decision.model
    line["decided_by"] = decision.decided_by
    line["pinned"] = decision.pinned


def _add_trace(line: dict[str, Any], trace: TraceContext) -> None:
    line["trace_id"] = trace.trace_id
    if trace.request_id != trace.trace_id:
        line["request_id"] = trace.request_id
