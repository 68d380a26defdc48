"""`GET /api/callers`: each caller that has a key, with what it used, was refused, and has left."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from filters.auth.config import ApiKey
from filters.budget.filter import spent
from filters.rate_limit.filter import last_minute_of
from gateway.admin.api import AdminPorts, Route, json_answer
from gateway.admin.ui.figures import Figures
from gateway.config.model import Config

_NOBODY: Final = "none"
"""In metrics, the caller of a request without a key, or with a wrong one."""


def callers_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the route. Usage and refusals are counted from the start, in all workers."""

    async def callers(_: web.Request) -> web.Response:
        config, figures = ports.config(), Figures(await ports.figures())
        now = datetime.now(UTC)
        rows = [await _caller(ports, config, key, now) | used_by(figures, key.name) for key in config.api_keys]
        return json_answer({"callers": rows, "without_key": used_by(figures, _NOBODY)})

    return [Route("GET", "/api/callers", callers)]


def used_by(figures: Figures, caller: str) -> dict[str, Any]:
    """Return what a caller used. `refused` counts by status what the gateway itself refused; money is in US dollars."""
    tokens = figures.by("pointsman_tokens_total", "type", caller=caller)
    refused = figures.by("pointsman_refusals_total", "status", caller=caller)
    return {
        "requests": int(figures.total("pointsman_requests_total", caller=caller)),
        "input_tokens": int(tokens.get("input", 0)),
        "output_tokens": int(tokens.get("output", 0)),
        "cost": figures.total("pointsman_cost_usd_total", caller=caller),
        "unknown": int(figures.total("pointsman_unpriced_requests_total", caller=caller)),
        "refused": {status: int(count) for status, count in sorted(refused.items())},
    }


async def _caller(ports: AdminPorts, config: Config, key: ApiKey, now: datetime) -> dict[str, Any]:
    """Return what a key allows, and what of it is used; `limits` is None while the counters cannot be asked."""
    caller = key.caller(config.resolve)
    limits: Sequence[Mapping[str, Any]] | None = None
    rates = await last_minute_of(ports.counters(), caller, now.timestamp())
    budgets = await spent(ports.counters(), caller, now)
    if rates is not None and budgets is not None:
        limits = [*(each._asdict() for each in rates), *(each._asdict() for each in budgets)]
    return {
        "name": key.name,
        "models": None if key.models is None else list(key.models),
        "routes": None if key.routes is None else list(key.routes),
        "expires": key.expires.timestamp() if key.expires else None,
        "expired": key.expires is not None and key.expires <= now,
        "max_in_flight": key.max_in_flight,
        "limits": limits,
    }
