"""Requests as the page is given them: names, numbers and reasons, and text only where prompts are stored."""

from collections.abc import Iterable, Mapping
from typing import Any

from filters.context import Assessment, Decision
from filters.record import RequestRecord
from gateway.storage.decision_log.decisions import Decided
from gateway.storage.decision_log.margins import margin
from gateway.storage.decision_log.rows import stored_text

_DIGITS = 4


def as_json(record: RequestRecord) -> Mapping[str, Any]:
    """Return what the page shows of a request. Durations are in milliseconds, costs in US dollars."""
    usage = record.usage
    return {
        "id": record.trace.trace_id if record.trace else None,
        "at": record.at,
        "method": record.method,
        "path": record.path,
        "status": record.status,
        "caller": record.caller,
        "format": record.format,
        "stream": record.stream,
        "decision_only": record.decision_only,
        "session": record.session,
        "model": record.model,
        "decision": _decision(record.decision) if record.decision else None,
        "text": text[0] if (text := stored_text(record)) else None,
        "attempts": [
            {"model": each.model, "outcome": each.outcome, "status": each.status, "ms": _ms(each.duration)}
            for each in record.attempts
        ],
        "tokens": {"input": usage.input_tokens, "output": usage.output_tokens} if usage else None,
        "usage_estimated": record.usage_estimated,
        "cost": record.cost,
        "baseline_cost": record.baseline_cost,
        "ttft_ms": None if record.time_to_first_token is None else _ms(record.time_to_first_token),
        "ms": _ms(record.duration),
        "warnings": list(record.warnings),
        "error": record.error,
        "reason": record.reason,
        "broken": record.broken,
    }


def logged_as_json(row: Decided) -> Mapping[str, Any]:
    """Return a row of the decision log as `as_json` would have; the log keeps no method, reasons and warnings."""
    tokens = {"input": row["input_tokens"], "output": row["output_tokens"]}
    same = ("at", "path", "status", "caller", "format", "session", "model", "text", "cost", "baseline_cost", "error")
    return {
        **{name: row[name] for name in (*same, "broken")},
        "id": row["trace_id"],
        "method": None,
        "stream": bool(row["stream"]),
        "decision_only": bool(row["decision_only"]),
        "decision": _logged_decision(row) if row["decided_by"] else None,
        "attempts": [
            {"model": model, "outcome": outcome, "status": status, "ms": _ms(seconds)}
            for model, outcome, status, seconds in row["attempts"] or ()
        ],
        "tokens": None if set(tokens.values()) == {None} else tokens,
        "usage_estimated": bool(row["usage_estimated"]),
        "ttft_ms": None if row["ttft"] is None else _ms(row["ttft"]),
        "ms": _ms(row["duration"]),
        "warnings": [],
        "reason": None,
    }


def _logged_decision(row: Decided) -> Mapping[str, Any]:
    stages = row["stages"] or {"skipped": [], "elapsed_us": {}}
    return {
        "route": row["route"],
        "decided_by": row["decided_by"],
        "pinned": bool(row["pinned"]),
        "candidates": row["candidates"] or [],
        "margin": row["margin"],
        "scores": _ranked((each["name"], each["score"], each["threshold"]) for each in row["routes"]),
        **stages,
    }


def _ranked(scores: Iterable[tuple[str, float, float]]) -> list[Mapping[str, Any]]:
    """Return the scores of routes and their thresholds, the best first."""
    rows = (
        {"route": name, "score": round(float(score), _DIGITS), "threshold": round(float(threshold), _DIGITS)}
        for name, score, threshold in scores
    )
    return sorted(rows, key=lambda row: -row["score"])


def _decision(decision: Decision) -> Mapping[str, Any]:
    assessed = decision.assessment
    scores = zip(assessed.routes, assessed.scores, assessed.thresholds, strict=False) if assessed else ()
    return {
        "route": decision.route,
        "decided_by": decision.decided_by,
        "pinned": decision.pinned,
        "candidates": list(decision.candidates),
        "margin": _margin(decision, assessed) if assessed else None,
        "scores": _ranked(scores),
        "skipped": [list(each) for each in assessed.skipped] if assessed else [],
        "elapsed_us": dict(assessed.elapsed_us) if assessed else {},
    }


def _margin(decision: Decision, found: Assessment) -> float | None:
    return margin(found.routes, found.scores, found.thresholds, decision.decided_by, decision.route)


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 3)
