"""`GET /logging` and `POST /logging?level=debug`: the level of the log, at run time."""

from collections.abc import Sequence

from aiohttp import web

from filters.errors import DownstreamError, did_you_mean
from gateway.admin.api import Route, json_answer
from gateway.telemetry.logs import LEVELS, LOG_LEVEL


def logging_routes() -> Sequence[Route]:
    """Return the routes. A change holds until the next, or until the process ends."""

    async def show(_: web.Request) -> web.Response:
        return json_answer({"level": LOG_LEVEL.name})

    async def change(request: web.Request) -> web.Response:
        level = request.query.get("level", "")
        if level not in LEVELS:
            there_are = f"there are {', '.join(LEVELS)}: /logging?level=debug"
            raise DownstreamError(400, f"There is no such level{did_you_mean(level, LEVELS)}; {there_are}")
        LOG_LEVEL.set(level)
        return json_answer({"level": level})

    return Route("GET", "/logging", show), Route("POST", "/logging", change)
