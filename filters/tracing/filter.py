"""The tracing filter."""

import random
import re
from typing import Any, ClassVar, Final

from aiohttp import web
from multidict import istr

from filters.api import RESPONSE_HEADERS, TRACE, Filter, Handler
from filters.context import TraceContext

_TRACEPARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_REQUEST_ID: Final = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
_SAMPLED: Final = 0x01
_PARENT: Final = istr("traceparent")
X_REQUEST_ID: Final = istr("X-Request-Id")


def parse_traceparent(value: str) -> tuple[str, str, int] | None:
    """Return trace id, parent span id and flags of a `traceparent`, None where it is malformed (W3C, section 3.2)."""
    match = _TRACEPARENT.fullmatch(value.strip())
    if not match:
        return None
    version, trace_id, parent_id, flags, rest = match.groups()
    if version == "ff" or (version == "00" and rest) or not trace_id.strip("0") or not parent_id.strip("0"):
        return None
    return trace_id, parent_id, int(flags, 16)


class TracingFilter(Filter):
    """Writes `TRACE`. `random_sampling` is in per cent, 0 to 100."""

    provides: ClassVar[tuple[web.RequestKey[Any], ...]] = (TRACE,)

    def __init__(self, random_sampling: float = 100) -> None:
        self._sampling = random_sampling / 100

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request under its trace."""
        trace = request[TRACE] = self._context(request)
        request[RESPONSE_HEADERS][X_REQUEST_ID] = trace.request_id
        return await handler(request)

    def _context(self, request: web.Request) -> TraceContext:
        headers = request.headers
        random_hex = f"{random.getrandbits(192):048x}"
        request_id = headers.get(X_REQUEST_ID)
        if request_id is None or not _REQUEST_ID.fullmatch(request_id):
            request_id = None
        parents = headers.getall(_PARENT) if _PARENT in headers else ()
        joined = parse_traceparent(parents[0]) if len(parents) == 1 else None
        if joined is None:
            flags = _SAMPLED if self._sampling >= 1 or random.random() < self._sampling else 0  # noqa: S311 - no secret
            trace_id = random_hex[:32]
            return TraceContext(trace_id, random_hex[32:], None, flags, None, request_id or trace_id)
        trace_id, parent_id, flags = joined
        tracestate = ",".join(headers.getall("tracestate", ())) or None
        return TraceContext(trace_id, random_hex[32:], parent_id, flags, tracestate, request_id or trace_id)
