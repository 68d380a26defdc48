"""The answer of the decision endpoints, in JSON, and in headers for who reads no body (Envoy's ext_authz)."""

from collections.abc import Mapping
from typing import Final

import orjson
from aiohttp import web

from filters.context import NO_MODEL, Decision, Session

X_MODEL: Final = "x-pointsman-model"
X_ROUTE: Final = "x-pointsman-route"
X_TRACE_ID: Final = "x-pointsman-trace-id"
X_PINNED: Final = "x-pointsman-pinned"


def reply(decision: Decision, session: Session | None, trace_id: str, decision_id: str | None = None) -> web.Response:
    """Return the decision as JSON.

    That is `model`, `route` and `trace_id`, with a session also `session_id` and `pinned`, and `decision_id` where a
    request can be bound to the decision.
    """
    body: dict[str, object] = {
        "model": decision.model or NO_MODEL,
        "route": decision.route,
        "trace_id": trace_id,
    }
    if session is not None:
        body["session_id"] = session.id
        body["pinned"] = decision.pinned
    if decision_id is not None:
        body["decision_id"] = decision_id
    if decision.explain is not None:
        body["explain"] = decision.explain
    return web.Response(body=orjson.dumps(body), content_type="application/json")


def in_headers(decision: Decision, session: Session | None, trace_id: str) -> Mapping[str, str]:
    """Return the decision as headers, whose values may hold any text: `none` where no route matched."""
    told = {X_MODEL: decision.model or NO_MODEL, X_ROUTE: decision.route or NO_MODEL, X_TRACE_ID: trace_id}
    if session is not None:
        told[X_PINNED] = "true" if decision.pinned else "false"
    return told
