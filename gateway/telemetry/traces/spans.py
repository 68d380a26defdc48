"""The spans of a request, from its record.

    POST /v1/chat/completions     server, the caller's span is its parent
      decision                    internal: from the chain to what stands
      chat gpt-4o                 client, one for each attempt; the one that served lasts until the answer ends

Attributes are those of OpenTelemetry's semantic conventions for HTTP and for generative AI; what these have no name for
is `pointsman.*`. There is no text in them: no prompt, no answer, no reason in words.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from filters.context import Decision, TraceContext
from filters.formats.canonical.events import Usage
from filters.record import Attempt, RequestRecord
from filters.tracing.ids import attempt_span_id, decision_span_id
from gateway.telemetry.gen_ai import operation_name, provider_name
from gateway.telemetry.prometheus.names import path_label
from gateway.version import VERSION

Value = str | bool | int | float
Attributes = dict[str, Value]
_SCOPE: Final = InstrumentationScope("pointsman", VERSION)
_OK: Final = "ok"


class SpanMaker:
    """Makes spans. `static` attributes are given to each."""

    def __init__(self, resource: Resource, static: Mapping[str, str]) -> None:
        self._resource = resource
        self._static: Attributes = dict(static)

    def of(self, record: RequestRecord) -> Iterator[ReadableSpan]:
        """Return the spans of a request that has a trace."""
        trace = record.trace
        if trace is None:
            return
        parent = _context(trace, trace.parent_id, remote=True) if trace.parent_id else None
        name = f"{record.method} {path_label(record.path)}"
        times = (0.0, record.duration)
        yield self._span(record, trace, name, trace.span_id, parent, SpanKind.SERVER, times, _server(record))
        own = _context(trace, trace.span_id)
        if record.decision is not None and record.decided is not None:
            ident = decision_span_id(trace)
            yield self._span(
                record, trace, "decision", ident, own, SpanKind.INTERNAL, record.decided, _decided(record.decision)
            )
        for number, attempt in enumerate(record.attempts, 1):
            yield self._attempt(record, trace, own, number, attempt)

    def _attempt(
        self, record: RequestRecord, trace: TraceContext, own: SpanContext, number: int, attempt: Attempt
    ) -> ReadableSpan:
        served = attempt.outcome == _OK and number == len(record.attempts)
        end = record.duration if served else attempt.started + attempt.duration
        attributes = _attempted(record, attempt, served=served)
        name = f"{attributes['gen_ai.operation.name']} {attributes['gen_ai.request.model']}"
        ident = attempt_span_id(trace, number)
        return self._span(record, trace, name, ident, own, SpanKind.CLIENT, (attempt.started, end), attributes)

    def _span(
        self,
        record: RequestRecord,
        trace: TraceContext,
        name: str,
        ident: str,
        parent: SpanContext | None,
        kind: SpanKind,
        times: tuple[float, float],
        attributes: Attributes,
    ) -> ReadableSpan:
        failed = "error.type" in attributes
        return ReadableSpan(
            name=name,
            context=_context(trace, ident),
            parent=parent,
            resource=self._resource,
            attributes=self._static | attributes,
            kind=kind,
            status=Status(StatusCode.ERROR) if failed else Status(StatusCode.UNSET),
            start_time=int((record.at + times[0]) * 1e9),
            end_time=int((record.at + times[1]) * 1e9),
            instrumentation_scope=_SCOPE,
        )


def _context(trace: TraceContext, span_id: str, *, remote: bool = False) -> SpanContext:
    state = TraceState.from_header([trace.tracestate]) if trace.tracestate else TraceState()
    return SpanContext(int(trace.trace_id, 16), int(span_id, 16), remote, TraceFlags(trace.flags), state)


def _known(**attributes: Value | None) -> Attributes:
    """Return what is known; `__` in a name is a dot."""
    return {name.replace("__", "."): value for name, value in attributes.items() if value is not None}


def _server(record: RequestRecord) -> Attributes:
    """Return what the caller's request is told by."""
    error = record.error or record.broken or (str(record.status) if record.status >= 500 else None)
    return {
        **_known(
            http__request__method=record.method,
            url__path=record.path,
            http__route=path_label(record.path),
            http__response__status_code=record.status,
            client__address=record.client_address,
            error__type=error,
            pointsman__caller=record.caller,
            pointsman__session=record.session,
            pointsman__format=record.format,
            pointsman__model=record.model,
            pointsman__fallback=record.fallback or None,
            pointsman__warnings=len(record.warnings) or None,
            pointsman__cost_usd=record.cost,
            pointsman__baseline_cost_usd=record.baseline_cost,
            pointsman__time_to_first_token=record.time_to_first_token,
        ),
        **record.attributes,
    }


def _decided(decision: Decision) -> Attributes:
    """Return what a decision is told by: names and numbers, and the microseconds of each stage."""
    assessment = decision.assessment
    stages = assessment.elapsed_us if assessment else {}
    scores = sorted(assessment.scores, reverse=True) if assessment else []
    return _known(
        pointsman__route=decision.route,
        pointsman__model=decision.model,
        pointsman__decided_by=decision.decided_by,
        pointsman__pinned=decision.pinned,
        pointsman__score=float(scores[0]) if scores else None,
        pointsman__margin=float(scores[0] - scores[1]) if len(scores) > 1 else None,
    ) | {f"pointsman.elapsed_us.{stage}": microseconds for stage, microseconds in stages.items()}


def _attempted(record: RequestRecord, attempt: Attempt, *, served: bool) -> Attributes:
    """Return what an attempt is told by; usage belongs to the one that served."""
    prefix, _, model = attempt.model.partition("/")
    error = record.broken if served else None
    if attempt.outcome != _OK:
        error = str(attempt.status) if attempt.outcome == "status" and attempt.status else attempt.outcome
    told = _known(
        gen_ai__operation__name=operation_name(record.path),
        gen_ai__provider__name=provider_name(prefix),
        gen_ai__request__model=model or prefix,
        http__response__status_code=attempt.status,
        error__type=error,
    )
    return told | _used(record.usage) if served and record.usage else told


def _used(usage: Usage) -> Attributes:
    return _known(
        gen_ai__usage__input_tokens=usage.input_tokens,
        gen_ai__usage__output_tokens=usage.output_tokens,
        gen_ai__usage__cache_read__input_tokens=usage.cache_read,
        gen_ai__usage__cache_creation__input_tokens=usage.cache_write,
    )
