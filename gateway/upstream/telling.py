"""What the caller and the filters are told of a request: what was decided, and who serves it."""

from collections.abc import Iterable, Sequence

from aiohttp import web

from filters.api import HOOKS, RESPONSE_HEADERS, SESSION
from filters.context import Decision, Served
from filters.routing.reply import X_MODEL, X_PINNED, X_ROUTE
from gateway.telemetry.recording import RECORDING
from gateway.upstream.failures import NotAskedError
from gateway.upstream.headers import X_WARNINGS


def tell_decision(request: web.Request, decision: Decision | None) -> None:
    """Put on the answer which route was chosen, `none` where none was, and whether a pin chose it."""
    headers = request[RESPONSE_HEADERS]
    headers[X_ROUTE] = (decision and decision.route) or "none"
    if request.get(SESSION) is not None:
        headers[X_PINNED] = "true" if decision and decision.pinned else "false"


async def tell_served(
    request: web.Request, served: Served, losses: Iterable[str], skipped: Sequence[NotAskedError]
) -> None:
    """Say who serves, to the caller and to the filters; and what was lost, and who could not be asked."""
    warnings = [*(f"{error.provider} was passed over: {error.message}" for error in skipped), *losses]
    request[RESPONSE_HEADERS][X_MODEL] = served.model
    if warnings:
        request[RESPONSE_HEADERS][X_WARNINGS] = "; ".join(warnings)
        request[RECORDING].warnings.extend(warnings)
    await request[HOOKS].served(request, served)
