"""Which headers cross the gateway, in either direction, and what of a query does.

All are lists of what may pass, so that a header nobody thought of (a cookie, an internal token, the
caller's credentials) stays here.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy, MultiMapping
from yarl import URL

from filters.api import TRACE
from filters.context import TraceContext, WireFormat
from filters.formats.registry import FORMATS
from filters.tracing.ids import attempt_context
from gateway.providers.auth.authenticator import Outgoing
from gateway.providers.provider import Provider
from gateway.telemetry.recording import RECORDING

_TO_PROVIDER: Final = frozenset(
    {
        "accept", "user-agent", "idempotency-key", "x-client-request-id", "http-referer", "x-title", "openai-beta",
        "originator",
    }
)  # fmt: skip
_TO_PROVIDER_PREFIXES: Final = ("x-stainless-", "anthropic-")
_TO_CALLER: Final = frozenset(
    {"content-type", "retry-after", "retry-after-ms", "request-id", "x-should-retry", "cf-ray"}
)
_TO_CALLER_PREFIXES: Final = ("anthropic-", "openai-", "x-ratelimit-")
_OUR_ACCOUNTS: Final = frozenset(
    {"anthropic-organization-id", "anthropic-workspace-id", "openai-organization", "openai-project"}
)
"""Whose account at the vendor is used concerns the operator, and no caller."""
_QUERY: Final = frozenset({"beta", "api-version"})
"""What the vendors' own clients put into a URL. Anything else may be the gateway's own, or a key (`?key=`)."""
_AS_IT_IS: Final = "".join(char for char in map(chr, range(0x20, 0x7F)) if char != "%")
_BETA: Final = "anthropic-beta"
UPSTREAM_REQUEST_ID: Final = "x-pointsman-upstream-request-id"
X_WARNINGS: Final = "x-pointsman-warnings"
X_COST: Final = "x-pointsman-cost"


def to_provider(
    headers: CIMultiDictProxy[str],
    wire: WireFormat,
    trace: TraceContext | None,
    *,
    same_format: bool,
) -> CIMultiDict[str]:
    """Return the headers of a request to a provider in `wire` (for a path of no chat format, the one of its errors).

    Where the format changes, the caller's vendor headers mean nothing to the provider and stay here.
    """
    sent: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        lower = name.lower()
        vendors = same_format and (lower in _TO_PROVIDER or lower.startswith(_TO_PROVIDER_PREFIXES))
        if vendors:
            sent.add(name, value)
    sent[hdrs.CONTENT_TYPE] = "application/json"
    add_trace(sent, trace)
    for name, value in FORMATS[wire].headers.items():
        sent.setdefault(name, value)
    return sent


def drop_betas(sent: CIMultiDict[str], beginnings: tuple[str, ...]) -> None:
    """Leave out the betas (`anthropic-beta: one,two`) whose names begin so."""
    if not beginnings or _BETA not in sent:
        return
    asked = [name.strip() for value in sent.getall(_BETA) for name in value.split(",")]
    kept = [name for name in asked if name and not name.startswith(beginnings)]
    sent.popall(_BETA)
    if kept:
        sent[_BETA] = ",".join(kept)


def authenticate(
    sent: CIMultiDict[str], provider: Provider, method: str, url: URL, body: bytes, caller: Mapping[str, str]
) -> None:
    """Add a provider's credentials, and what else the configuration adds, to the headers of a request as it goes out.

    `caller` holds the headers of the caller's own request. Raises DownstreamError (401) where the caller's own
    credentials are to be sent on and there are none.
    """
    sent.update(provider.credentials(Outgoing(method, str(url), body, sent, caller)))


def add_trace(headers: CIMultiDict[str], trace: TraceContext | None) -> None:
    """Put a trace on a request to a provider, in place of one that it carries."""
    if trace is not None:
        headers["traceparent"] = trace.traceparent()
        if trace.tracestate:
            headers["tracestate"] = trace.tracestate


def trace_id_of(request: web.Request) -> str | None:
    """Return the id of a request's trace, None in a chain without `tracing`."""
    trace = request.get(TRACE)
    return trace.trace_id if trace else None


def trace_of_attempt(request: web.Request) -> TraceContext | None:
    """Return the trace that the next attempt of a request sends on, whose span is the attempt's own."""
    trace = request.get(TRACE)
    return None if trace is None else attempt_context(trace, len(request[RECORDING].attempts) + 1)


def with_query(url: URL, query: MultiMapping[str], more: frozenset[str] = frozenset()) -> URL:
    """Return a provider's address with what of the caller's query concerns it; the configuration's own stands.

    `more` are the operation's own parameters.
    """
    known = _QUERY | more
    passed = [(name, value) for name, value in query.items() if name in known and name not in url.query]
    return url.extend_query(passed) if passed else url


def to_caller(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """Return the headers of a provider's answer that concern the caller, its request id under a name of its own."""
    passed = {
        name: header_text(value)
        for name, value in headers.items()
        if (lower := name.lower()) in _TO_CALLER
        or (lower.startswith(_TO_CALLER_PREFIXES) and lower not in _OUR_ACCOUNTS)
    }
    if ident := headers.get("x-request-id"):
        passed[UPSTREAM_REQUEST_ID] = header_text(ident)
    return passed


def header_text(text: str) -> str:
    """Return text as a header may carry it: visible ASCII and spaces as they are, else percent-encoded UTF-8."""
    if text.isascii() and text.isprintable():
        return text
    return quote(text, safe=_AS_IT_IS, errors="replace")
