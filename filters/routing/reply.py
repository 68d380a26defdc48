"""The answer of the decision endpoints."""

import orjson
from aiohttp import hdrs, web

from filters.context import Decision, Session

NO_MODEL = "none"
_HEADERS = {hdrs.CONTENT_TYPE: "application/json"}


def reply(decision: Decision, session: Session | None, trace_id: str) -> web.Response:
    """Return the decision as JSON: `model`, `route`, `trace_id`, with a session also `session_id` and `pinned`."""
    body: dict[str, object] = {
        "model": decision.model or NO_MODEL,
        "route": decision.route,
        "trace_id": trace_id,
    }
    if session is not None:
        body["session_id"] = session.id
        body["pinned"] = decision.pinned
    if decision.explain is not None:
        body["explain"] = decision.explain
    return web.Response(body=orjson.dumps(body), headers=_HEADERS)
