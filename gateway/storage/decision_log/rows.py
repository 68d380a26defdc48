"""What the decision log keeps of a request's record: names, numbers and reasons."""

from array import array
from typing import Any, Final

import orjson

from filters.context import Assessment, Decision, Reading
from filters.decision_binding.filter import new_id
from filters.formats.canonical.events import Usage
from filters.record import RequestRecord

DECISION_ID: Final = "decision_id"
"""The attribute of a record under which a filter that bound the decision says by what id."""
_ID_BYTES: Final = 4


def id_time(decision_id: str) -> float | None:
    """Return when an id was made, in seconds since the epoch; None for what is no id."""
    try:
        return int(decision_id[:12], 16) / 1000 if len(decision_id) == 12 + 2 * _ID_BYTES else None
    except ValueError:
        return None


def is_logged(record: RequestRecord) -> bool:
    """Whether a request belongs into the log: one about which something was decided, or that went to a provider."""
    return record.decision is not None or bool(record.attempts) or record.usage is not None


def values(record: RequestRecord) -> tuple[Any, ...]:
    """Return what the columns `schema.VALUES` hold of a record."""
    usage = record.usage
    return (
        record.attributes.get(DECISION_ID) or new_id(record.at),
        record.at,
        record.trace.trace_id if record.trace else None,
        record.caller,
        record.session,
        record.format,
        record.path,
        int(record.decision_only),
        int(record.stream),
        record.status,
        record.error,
        record.broken,
        record.duration,
        record.time_to_first_token,
        *(_NO_DECISION if record.decision is None else _decision(record.decision)),
        record.attributes.get("decision_binding"),
        record.model,
        _attempts(record),
        *(_NO_USAGE if usage is None else _usage(record, usage)),
        record.cost,
        record.baseline_cost,
    )


_NO_DECISION: Final = (None,) * 7
_NO_USAGE: Final = (None,) * 6


def _decision(decision: Decision) -> tuple[Any, ...]:
    found = decision.assessment
    return (
        decision.route,
        decision.decided_by,
        int(decision.pinned),
        int(decision.inline),
        orjson.dumps(list(decision.candidates)).decode(),
        array("d", found.scores).tobytes() if found and classified(decision) else None,
        _stages(found) if found else None,
    )


def _usage(record: RequestRecord, usage: Usage) -> tuple[Any, ...]:
    return (
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read,
        usage.cache_write,
        usage.reasoning,
        int(record.usage_estimated),
    )


def classified(decision: Decision | None) -> tuple[Assessment, Reading] | None:
    """Return what the embedded classifier measured for the configured routes, None where it was not asked."""
    found = decision.assessment if decision and not decision.inline else None
    return (found, found.reading) if found and found.reading and len(found.scores) else None


def stored_text(record: RequestRecord) -> tuple[str, str] | None:
    """Return what the last two user turns said, None unless that is to be stored."""
    assessment = record.decision.assessment if record.decision else None
    return assessment.text if assessment else None


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
