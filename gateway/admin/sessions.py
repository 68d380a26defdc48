"""`GET /sessions` and `DELETE /sessions`: the pin of one session, by `id` and, where sessions are somebody's, `tenant`.

`tenant` is what scopes sessions (see `tenant_of`): the value of `routing.tenant_header`, else the name of a caller.
Looking a pin up does not use it, but in a store whose pins live by use (`session_ttl_mode: sliding`).
"""

from collections.abc import Sequence

from aiohttp import web

from filters.errors import DownstreamError
from filters.session_pinning.key import pin_key
from gateway.admin.api import AdminPorts, Route, json_answer


def sessions_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the routes. Without an `id`, GET tells how many pins there are."""

    async def look_up(request: web.Request) -> web.Response:
        if "id" not in request.query:
            return json_answer(ports.stores().stats())
        pin = await ports.stores().pins.get(_key(request, ports))
        if pin is None:
            raise DownstreamError(404, "This session has no pin, or it has expired.")
        return json_answer({"model": pin.model, "route": pin.route, "inline": pin.inline})

    async def drop(request: web.Request) -> web.Response:
        key = _key(request, ports)
        known = await ports.stores().pins.get(key) is not None
        await ports.stores().pins.drop(key)
        return json_answer({"dropped": known})

    return Route("GET", "/sessions", look_up), Route("DELETE", "/sessions", drop)


def _key(request: web.Request, ports: AdminPorts) -> str:
    """Return the key of the session that a request names, its subagent's where the query names one too.

    Raises DownstreamError (400) where it does not say whose.
    """
    config = ports.config()
    routing = config.routing
    ident, tenant = request.query.get("id"), request.query.get("tenant")
    if not ident:
        raise DownstreamError(400, "`id` names the session: /sessions?id=...")
    if not tenant and routing.tenant:
        raise DownstreamError(
            400, f"Sessions are per tenant here: /sessions?id=...&tenant=..., with what {routing.tenant} says."
        )
    if not tenant and config.api_keys:
        raise DownstreamError(
            400, "Sessions are per caller here: /sessions?id=...&tenant=..., with the caller's name in api_keys."
        )
    agents = tuple(request.query.get(name, "") for name in routing.subagent_headers)
    return pin_key(ident, tenant or None, agents)
