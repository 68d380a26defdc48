"""What the decision log is told of a request's record: names, numbers and reasons."""

from typing import Any, Final

from filters.context import Assessment, Decision, Reading
from filters.formats.canonical.events import Usage
from filters.record import RequestRecord
from gateway.storage.decision_log.columns import Told

DECISION_ID: Final = "decision_id"
"""The attribute of a record under which a filter that bound the decision says by what id."""


def is_logged(record: RequestRecord) -> bool:
    """Whether a request belongs into the log: one about which something was decided, or that went to a provider."""
    return record.decision is not None or bool(record.attempts) or record.usage is not None


def told(record: RequestRecord) -> Told:
    """Return what is told of a record, in the order of `columns.values`: nothing but what `marshal` takes."""
    attributes, trace, decision, usage = record.attributes, record.trace, record.decision, record.usage
    return (
        attributes.get(DECISION_ID),
        record.at,
        trace.trace_id if trace else None,
        record.caller,
        record.session,
        record.format,
        record.path,
        record.decision_only,
        record.stream,
        record.status,
        record.error,
        record.broken,
        record.duration,
        record.time_to_first_token,
        None if decision is None else _decision(decision),
        attributes.get("decision_binding"),
        record.model,
        [(each.model, each.outcome, each.status, each.duration) for each in record.attempts],
        None if usage is None else _usage(record, usage),
        record.cost,
        record.baseline_cost,
    )


def _decision(decision: Decision) -> tuple[Any, ...]:
    found = decision.assessment
    return (
        decision.route,
        decision.decided_by,
        decision.pinned,
        decision.inline,
        tuple(decision.candidates),
        tuple(found.scores) if found and classified(decision) else None,
        dict(found.elapsed_us) if found else {},
        [tuple(each) for each in found.skipped] if found else [],
    )


def _usage(record: RequestRecord, usage: Usage) -> tuple[Any, ...]:
    return (
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read,
        usage.cache_write,
        usage.reasoning,
        record.usage_estimated,
    )


def classified(decision: Decision | None) -> tuple[Assessment, Reading] | None:
    """Return what the embedded classifier measured for the configured routes, None where it was not asked."""
    found = decision.assessment if decision and not decision.inline else None
    return (found, found.reading) if found and found.reading and len(found.scores) else None


def stored_text(record: RequestRecord) -> tuple[str, str] | None:
    """Return what the last two user turns said, None unless that is to be stored."""
    assessment = record.decision.assessment if record.decision else None
    return assessment.text if assessment else None
