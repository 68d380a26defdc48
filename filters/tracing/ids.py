"""The ids of the spans below a request's own.

They follow from the request's span and the number of the attempt, so that who sends a `traceparent` to a provider and
who exports the span afterwards agree without having met.
"""

from hashlib import blake2b

from filters.context import TraceContext


def attempt_span_id(trace: TraceContext, number: int) -> str:
    """Return the span id of an attempt, counted from 1: 16 lower-case hex digits."""
    return _derived(trace, f"attempt {number}")


def attempt_context(trace: TraceContext, number: int) -> TraceContext:
    """Return the context that an attempt, counted from 1, sends to its provider: its span is the provider's parent."""
    return trace._replace(span_id=attempt_span_id(trace, number))


def decision_span_id(trace: TraceContext) -> str:
    """Return the span id of the decision."""
    return _derived(trace, "decision")


def _derived(trace: TraceContext, what: str) -> str:
    digest = blake2b(f"{trace.trace_id} {trace.span_id} {what}".encode(), digest_size=8).hexdigest()
    return digest if digest.strip("0") else "1".zfill(16)  # all zeros is no id (W3C Trace Context, section 3.2.2.4)
