"""Records of requests as the page is given them: names, numbers and reasons, and text only where prompts are stored."""

from collections.abc import Mapping
from typing import Any

from filters.context import Assessment, Decision
from filters.record import RequestRecord
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
        "cost": record.cost,
        "baseline_cost": record.baseline_cost,
        "ttft_ms": None if record.time_to_first_token is None else _ms(record.time_to_first_token),
        "ms": _ms(record.duration),
        "warnings": list(record.warnings),
        "error": record.error,
        "reason": record.reason,
        "broken": record.broken,
    }


def _decision(decision: Decision) -> Mapping[str, Any]:
    assessed = decision.assessment
    scores = zip(assessed.routes, assessed.scores, assessed.thresholds, strict=False) if assessed else ()
    return {
        "route": decision.route,
        "decided_by": decision.decided_by,
        "pinned": decision.pinned,
        "candidates": list(decision.candidates),
        "margin": _margin(decision, assessed) if assessed else None,
        "scores": sorted(
            (
                {"route": name, "score": round(float(score), _DIGITS), "threshold": round(float(threshold), _DIGITS)}
                for name, score, threshold in scores
            ),
            key=lambda row: -row["score"],
        ),
        "skipped": [list(each) for each in assessed.skipped] if assessed else [],
        "elapsed_us": dict(assessed.elapsed_us) if assessed else {},
    }


def _margin(decision: Decision, found: Assessment) -> float | None:
    return margin(found.routes, found.scores, found.thresholds, decision.decided_by, decision.route)


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 3)
