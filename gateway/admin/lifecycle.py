"""`POST /reload` and `POST /drain`: served where the process can do it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from gateway.admin.api import Action, AdminPorts, Route, json_answer


def lifecycle_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the routes for what the process can do.

    `/reload` answers how it went, with the warnings: what waits for the next start, say. It is a 422 with what is wrong
    with the file where the old configuration stays in service.
    """

    def reloaded() -> Mapping[str, Any]:
        return {"status": "reloaded", **ports.last_reload()}

    actions = (("/reload", ports.reload, reloaded, 200), ("/drain", ports.drain, lambda: {"status": "draining"}, 202))
    return [_route(path, action, told, status) for path, action, told, status in actions if action is not None]


def _route(path: str, action: Action, told: Callable[[], Mapping[str, Any]], status: int) -> Route:
    async def act(_: web.Request) -> web.Response:
        await action()
        return json_answer(told(), status)

    return Route("POST", path, act)
