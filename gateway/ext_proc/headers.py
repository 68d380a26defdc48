"""Which headers Envoy is told to set and to remove, on the request and on the answer."""

from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import web
from multidict import CIMultiDictProxy
from yarl import URL

from filters.api import RESPONSE_HEADERS, TRACE
from filters.routing.reply import X_MODEL, X_PINNED, X_ROUTE, X_TRACE_ID
from gateway.upstream.candidates import Candidate
from gateway.upstream.headers import header_text, to_caller

_ENVOYS: Final = ("x-envoy-", ":")
"""How the names of headers begin that are Envoy's own."""
_OF_THE_REQUEST: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "te", "connection", "x-request-id", "x-forwarded-proto"}
)
"""What Envoy writes for each connection, or goes by."""
_OF_THE_ANSWER: Final = frozenset(
    {
        "content-length", "transfer-encoding", "content-encoding", "vary", "trailer", "connection", "date", "server",
        "cache-control", "content-type",
    }
)  # fmt: skip
_OF_A_CHANGED_ANSWER: Final = _OF_THE_ANSWER - {"content-length"}
_NOT_TOLD: Final = frozenset({"host", "server", "connection", "content-length"})

Changes = tuple[Mapping[str, str], Iterable[str]]
"""Headers to set, and names of headers to remove."""


def request_headers(request: web.Request, candidate: Candidate, url: URL, sent: Mapping[str, str]) -> Changes:
    """Return what changes in the headers of a request that goes to a candidate with the headers `sent`.

    What is not sent by the gateway itself is removed, so that neither a caller's key nor a cookie reaches a provider.
    """
    told = {**_told(sent), **_marks(request, candidate)}
    if url.raw_path_qs != request.rel_url.raw_path_qs:
        told[":path"] = url.raw_path_qs
    return _changes(told, request.headers, _OF_THE_REQUEST)


async def answer_headers(request: web.Request, status: int, came: CIMultiDictProxy[str], *, changes: bool) -> Changes:
    """Return what changes in the headers of an answer. `changes` tells that its length may not stay what it was.

    The caller is told what it would be told by the gateway itself, and learns no more of the provider.
    """
    response = web.StreamResponse(status=status, headers=to_caller(came))
    await request.app.on_response_prepare.send(request, response)
    return _changes(_told(response.headers), came, _OF_A_CHANGED_ANSWER if changes else _OF_THE_ANSWER)


def _told(headers: Mapping[str, str]) -> dict[str, str]:
    return {lower: value for name, value in headers.items() if (lower := name.lower()) not in _NOT_TOLD}


def _changes(told: dict[str, str], came: Mapping[str, str], kept: frozenset[str]) -> Changes:
    """Return which of the headers that are to be there are not yet, and which of those that came may not stay."""
    removed: list[str] = []
    same: set[str] = set()
    other: set[str] = set()
    for name, value in came.items():
        lower = name.lower()
        if (wanted := told.get(lower)) is not None:
            (same if wanted == value else other).add(lower)
        elif lower not in kept and not lower.startswith(_ENVOYS):
            removed.append(lower)
    for name in same - other:  # of a name that came twice, one value may be right and the other not
        del told[name]
    return told, removed


def _marks(request: web.Request, candidate: Candidate) -> Mapping[str, str]:
    """Return the headers by which Envoy's routes match."""
    said = request[RESPONSE_HEADERS]
    marks = {X_MODEL: candidate.model, X_ROUTE: said.get(X_ROUTE, "none")}
    if (pinned := said.get(X_PINNED)) is not None:
        marks[X_PINNED] = pinned
    if TRACE in request:
        marks[X_TRACE_ID] = request[TRACE].trace_id
    return {name: header_text(value) for name, value in marks.items()}
