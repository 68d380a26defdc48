"""What the decision log keeps of a request's record: names, numbers and reasons."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from filters.context import Assessment, Decision, Reading
from filters.decision_binding.filter import new_id
from filters.record import RequestRecord

DECISION_ID: Final = "decision_id"
"""The attribute of a record under which a filter that bound the decision says by what id."""
_ID_BYTES: Final = 4

Values = dict[str, Any]
"""A row by the names of its columns."""


def id_time(decision_id: str) -> float | None:
    """Return when an id was made, in seconds since the epoch; None for what is no id."""
    try:
        return int(decision_id[:12], 16) / 1000 if len(decision_id) == 12 + 2 * _ID_BYTES else None
    except ValueError:
        return None


def is_logged(record: RequestRecord) -> bool:
    """Whether a request belongs into the log: one about which something was decided, or that went to a provider."""
    return record.decision is not None or bool(record.attempts) or record.usage is not None


def row(record: RequestRecord) -> Values:
    """Return the row of a record, without what stands in other tables."""
    usage, decision = record.usage, record.decision
    return {
        "id": record.attributes.get(DECISION_ID) or new_id(record.at),
        "at": record.at,
        "trace_id": record.trace.trace_id if record.trace else None,
        "caller": record.caller,
        "session": record.session,
        "format": record.format,
        "path": record.path,
        "decision_only": int(record.decision_only),
        "stream": int(record.stream),
        "status": record.status,
        "error": record.error,
        "broken": record.broken,
        "duration": record.duration,
        "ttft": record.time_to_first_token,
        **(_NO_DECISION if decision is None else _decision(decision)),
        "binding": record.attributes.get("decision_binding"),
        "model": record.model,
        "attempts": _attempts(record),
        "input_tokens": usage.input_tokens if usage else None,
        "output_tokens": usage.output_tokens if usage else None,
        "cache_read": usage.cache_read if usage else None,
        "cache_write": usage.cache_write if usage else None,
        "reasoning": usage.reasoning if usage else None,
        "cost": record.cost,
        "baseline_cost": record.baseline_cost,
    }


_NO_DECISION: Final[Values] = dict.fromkeys(
    ("route", "decided_by", "pinned", "inline", "candidates", "scores", "margin", "stages")
)


def _decision(decision: Decision) -> Values:
    found = decision.assessment
    return {
        "route": decision.route,
        "decided_by": decision.decided_by,
        "pinned": int(decision.pinned),
        "inline": int(decision.inline),
        "candidates": orjson.dumps(list(decision.candidates)).decode(),
        "scores": found.scores if found and classified(decision) else None,
        "margin": margin(found, decision) if found else None,
        "stages": _stages(found) if found else None,
    }


def classified(decision: Decision | None) -> tuple[Assessment, Reading] | None:
    """Return what the embedded classifier measured for the configured routes, None where it was not asked."""
    found = decision.assessment if decision and not decision.inline else None
    return (found, found.reading) if found and found.reading and len(found.scores) else None


def stored_text(record: RequestRecord) -> tuple[str, str] | None:
    """Return what the last two user turns said, None unless that is to be stored."""
    assessment = record.decision.assessment if record.decision else None
    return assessment.text if assessment else None


def margin(found: Assessment, decision: Decision) -> float | None:
    """Return by how much a score must be another for the decision to turn; None where scores did not decide."""
    if decision.decided_by != "embedded" or not found.scores:
        return None
    return least_change(found.scores, found.thresholds, _index(found.routes, decision.route))


def least_change(scores: Sequence[float], thresholds: Sequence[float], winner: int | None) -> float:
    """Return the least change of one score that changes which route wins (None: no route does)."""
    if winner is None:
        return min(limit - score for score, limit in zip(scores, thresholds, strict=True))
    best = scores[winner]
    others = (
        max(limit - score, best - score)
        for at, (score, limit) in enumerate(zip(scores, thresholds, strict=True))
        if at != winner
    )
    return min([best - thresholds[winner], *others])


def _index(routes: Sequence[str], name: str | None) -> int | None:
    return None if name is None else list(routes).index(name)


def _stages(found: Assessment) -> str | None:
    """Return what stages took, in microseconds, and which did not decide and why."""
    if not found.skipped and not found.elapsed_us:
        return None
    told = {"elapsed_us": dict(found.elapsed_us), "skipped": [list(each) for each in found.skipped]}
    return orjson.dumps(told).decode()


def _attempts(record: RequestRecord) -> str | None:
    """Return model, outcome, status and seconds of each attempt."""
    if not record.attempts:
        return None
    told = [[each.model, each.outcome, each.status, round(each.duration, 6)] for each in record.attempts]
    return orjson.dumps(told).decode()
