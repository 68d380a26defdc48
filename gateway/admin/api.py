"""What an admin route is, and what the runtime gives the admin application to look at and to call."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from aiohttp import hdrs, web
from prometheus_client.metrics_core import Metric

from filters.counters import Counters
from filters.routing.inline import InlineRoutes
from gateway.config.model import Config
from gateway.storage.pins import Stores
from gateway.telemetry.live import LiveFeed
from gateway.telemetry.prometheus.exposition import Exposition

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Action = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Route:
    """A path of the admin application. `public` ones need no token: what a probe or a browser asks for first."""

    method: str
    path: str
    handler: Handler
    public: bool = False


@dataclass(frozen=True, slots=True)
class AdminPorts:
    """What the admin application is given. All but the actions are called on the event loop, so they must be quick.

    `config`, `stores` and `counters` are those of the runtime in service. `ejected` gives what is left out, and for how
    many seconds more; `metrics` the text of the metrics, in the form that an `Accept` header asks for, and `figures`
    the same before it is text; `live` the last requests, and each new one; `playground` learns routes for the
    classifier in service. `log` is the folder of the decision log, None where there is none, and `json_lines` tells
    that it is not in SQLite. `config_file` is what the configuration was read from, None where that was no file.

    `reload` returns when the new configuration serves, and raises ConfigError where the old one stays; `drain` returns
    when draining has begun. Each is None where the process cannot do it. `last_reload` is
    how the last reload went: `outcome`, `at`, `generation`, `errors`, `warnings`.
    """

    config: Callable[[], Config]
    stores: Callable[[], Stores]
    ejected: Callable[[], Mapping[str, float]]
    counters: Callable[[], Counters]
    metrics: Callable[[str], Awaitable[Exposition]]
    figures: Callable[[], Awaitable[Sequence[Metric]]]
    live: LiveFeed
    playground: Callable[[], InlineRoutes]
    log: Path | None = None
    json_lines: bool = False
    config_file: Path | None = None
    ready: Callable[[], bool] = lambda: True
    reload: Action | None = None
    drain: Action | None = None
    last_reload: Callable[[], Mapping[str, Any]] = dict


def json_answer(value: Any, status: int = 200) -> web.Response:
    """Return an answer in JSON."""
    headers = {hdrs.CONTENT_TYPE: "application/json", hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(body=orjson.dumps(value), status=status, headers=headers)


def error_answer(status: int, message: str) -> web.Response:
    """Return an error, in the one shape that all of them have here."""
    return json_answer({"error": {"status": status, "message": message}}, status)
