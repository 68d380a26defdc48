"""From an answer to the bytes that a vendor would send, and the plan of what happens to them."""

from functools import lru_cache

import orjson

from devtools.fake_provider.answers import Answer, Dialect, Json
from devtools.fake_provider.faults import Plan, plan_stream, plan_whole


def render(dialect: Dialect, answer: Answer, body: Json, *, stream: bool) -> Plan:
    """Return what to send to the sender of `body`."""
    if answer.reusable:
        return _rendered_once(dialect, answer, orjson.dumps(body), stream)
    return _render(dialect, answer, body, stream=stream)


@lru_cache(maxsize=256)
def _rendered_once(dialect: Dialect, answer: Answer, body: bytes, stream: bool) -> Plan:
    return _render(dialect, answer, orjson.loads(body), stream=stream)


def _render(dialect: Dialect, answer: Answer, body: Json, *, stream: bool) -> Plan:
    fault = answer.fault
    if not stream or dialect.frames is None:
        return plan_whole(_whole(dialect, answer, body), fault)
    frames = answer.raw_frames or dialect.frames(answer, body)
    error = dialect.error_event(fault.error_status, fault.message or "Overloaded", fault.error_at or 0)
    return plan_stream(frames, fault, ping=dialect.ping, error=error)


def _whole(dialect: Dialect, answer: Answer, body: Json) -> bytes:
    if answer.raw is not None:
        return answer.raw
    if answer.fault.status >= 400:
        message = answer.fault.message or f"The fake provider was told to answer {answer.fault.status}."
        return orjson.dumps(dialect.error(answer.fault.status, message))
    return orjson.dumps(dialect.whole(answer, body))
