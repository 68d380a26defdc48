"""`GET /api/routes`: the routes as they are configured, how often each was chosen, and how well it is told apart."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from filters.errors import ConfigError
from filters.routing.classifier import Route as Preference
from filters.routing.embedded.classifier import DEFAULT_THRESHOLD
from gateway.admin.api import AdminPorts, Route, json_answer
from gateway.admin.ui.figures import Figures
from gateway.config.files import example_files
from gateway.config.model import Config
from gateway.evaluation.last_test import digest, last_test

_DECISIONS: Final = "pointsman_decisions_total"


def routes_routes(ports: AdminPorts) -> Sequence[Route]:
    """Return the route. Decisions are counted from the start, in all workers; pinned ones count for their route."""

    async def routes(_: web.Request) -> web.Response:
        config, figures = ports.config(), Figures(await ports.figures())
        chosen = figures.by(_DECISIONS, "route")
        files = await asyncio.to_thread(_files, ports.config_file)
        default = config.default_provider
        return json_answer(
            {
                "threshold": DEFAULT_THRESHOLD if config.routing.threshold is None else config.routing.threshold,
                "classifier": config.routing.classifier,
                "default": default.model if default else None,
                "requests": int(sum(chosen.values())),
                "test": await asyncio.to_thread(how_tested, config),
                "routes": [_route(each, chosen, files.get(each.name)) for each in config.routes()],
            }
        )

    return [Route("GET", "/api/routes", routes)]


def how_tested(config: Config) -> Mapping[str, Any] | None:
    """Return what the last `pointsman test` found, None where nobody is told: no file is named for it.

    `changed` tells that the routes are others since; `missing` that there was no test yet, `error` what is wrong.
    """
    where = config.admin.test_results if config.admin else None
    if where is None:
        return None
    try:
        found = last_test(Path(where))
    except ConfigError as error:
        return {"error": str(error)}
    if found is None:
        return {"missing": True}
    return found | {"changed": found.get("digest") != digest(config.routes(), config.routing.threshold)}


def _route(route: Preference, chosen: Mapping[str, float], file: Path | None) -> Mapping[str, Any]:
    return {
        "name": route.name,
        "description": route.description,
        "models": list(route.models),
        "examples": list(route.examples),
        "examples_file": file.name if file else None,
        "threshold": route.threshold,
        "requests": int(chosen.get(route.name, 0)),
    }


def _files(config: Path | None) -> Mapping[str, Path | None]:
    """Return the files of examples; none where the configuration cannot be read at present."""
    try:
        return example_files(config) if config else {}
    except ConfigError:
        return {}
