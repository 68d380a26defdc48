"""`GET /api/providers`: how requests to each model went since the start, in all workers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from gateway.admin.api import AdminPorts, Route, json_answer
from gateway.admin.ui.figures import Figures

_ATTEMPTS: Final = "pointsman_upstream_attempts_total"
_TIMES: Final = "pointsman_upstream_response_duration_seconds"
_OK: Final = "ok"


def providers_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the route. Whether a model is left out at present, `/clusters` tells."""

    async def providers(_: web.Request) -> web.Response:
        return json_answer({"models": attempts(Figures(await ports.figures()))})

    return [Route("GET", "/api/providers", providers)]


def attempts(figures: Figures) -> Mapping[str, Mapping[str, Any]]:
    """Return by model how many attempts there were, how they failed, and how long the provider took to answer.

    Times are in milliseconds, until an answer began or the attempt failed.
    """
    return {model: _attempts(figures, model) for model in figures.by(_ATTEMPTS, "model")}


def _attempts(figures: Figures, model: str) -> Mapping[str, Any]:
    outcomes = figures.by(_ATTEMPTS, "outcome", model=model)
    failed = {outcome: int(count) for outcome, count in outcomes.items() if outcome != _OK}
    return {
        "attempts": int(sum(outcomes.values())),
        "failed": dict(sorted(failed.items(), key=lambda item: (-item[1], item[0]))),
        "retries": int(figures.total("pointsman_upstream_retries_total", model=model)),
        "fallbacks": int(figures.total("pointsman_upstream_fallbacks_total", model=model)),
        "broken": int(figures.total("pointsman_upstream_broken_answers_total", model=model)),
        "ms": {f"p{share}": _ms(figures.quantile(_TIMES, share / 100, model=model)) for share in (50, 95)},
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1e3, 2)
