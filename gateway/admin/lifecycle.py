"""`POST /reload` and `POST /drain`: served where the process can do it."""

from collections.abc import Sequence

from aiohttp import web

from gateway.admin.api import Action, AdminPorts, Route, json_answer


def lifecycle_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the routes for what the process can do.

    `/reload` answers 422 with what is wrong with the file where the old configuration stays in service.
    """
    actions = (("/reload", ports.reload, "reloaded", 200), ("/drain", ports.drain, "draining", 202))
    return [_route(path, action, done, status) for path, action, done, status in actions if action is not None]


def _route(path: str, action: Action, done: str, status: int) -> Route:
    async def act(_: web.Request) -> web.Response:
        await action()
        return json_answer({"status": done}, status)

    return Route("POST", path, act)
