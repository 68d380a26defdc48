"""Labels from the page: the least certain decisions, and prompts that become examples of a route.

    GET    /api/uncertain              decisions that the least change of a score would change, least certain first
    GET    /api/labels                 what was labelled, the last first
    POST   /api/labels                 {"route", "prompt", "decision"?}: the prompt becomes an example of the route
    DELETE /api/labels?route=R&key=K   takes a label back

A label is a line in the file that the route's `examples` names; a reload makes it count. What a decision's prompt said
is known only where the decision log stores it (`store_prompts`); elsewhere whoever labels types it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import Field

from filters.errors import ConfigError, DownstreamError
from filters.section import Section, Text
from gateway.admin.api import AdminPorts, Route, json_answer
from gateway.admin.ui.body import read_body
from gateway.admin.ui.history import History
from gateway.admin.ui.records import as_json
from gateway.evaluation.examples import Label, add_label, labels, take_back
from gateway.storage.decision_log.decisions import Decided, uncertain
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.schema import LogError

T = TypeVar("T")
_LISTED: Final = 50
_SHOWN: Final = 200
"""Labels that are listed."""
_MOST_TEXT: Final = 32_768


class Asked(Section):
    """A prompt, and the route that it belongs to; the id of the decision in the log, if it is of one."""

    route: Text
    prompt: str = Field(min_length=1, max_length=_MOST_TEXT)
    decision: Text | None = None


def labels_routes(ports: AdminPorts, history: History) -> Sequence[Route]:
    """Return the routes; without a file that the configuration was read from, there is nothing to label in."""
    found = [Route("GET", "/api/uncertain", _Uncertain(ports, history).serve)]
    if ports.config_file is None:
        return found
    desk = _Desk(ports.config_file)
    return [
        *found,
        Route("GET", "/api/labels", desk.show),
        Route("POST", "/api/labels", desk.add),
        Route("DELETE", "/api/labels", desk.remove),
    ]


@dataclass(frozen=True, slots=True)
class _Uncertain:
    ports: AdminPorts
    history: History

    async def serve(self, _: web.Request) -> web.Response:
        if self.history.on:
            try:
                return json_answer(await self.history.read("uncertain", _logged))
            except LogError:
                pass  # nothing has been written yet; the traffic view says so
        return json_answer(least_certain([as_json(each) for each in self.ports.live.recent()]))


def _logged(log: Log) -> Mapping[str, Any]:
    return {"source": "log", "decisions": [_short(each) for each in uncertain(log, _LISTED)]}


def _short(decided: Decided) -> Mapping[str, Any]:
    """Return a row of the log as the page shows it."""
    scores = [
        {"route": each["name"], "score": each["score"], "threshold": each["threshold"]} for each in decided["routes"]
    ]
    return {
        "id": decided["id"],
        "at": decided["at"],
        "route": decided["route"],
        "margin": decided["margin"],
        "scores": sorted(scores, key=lambda row: -row["score"]),
        "text": decided["text"],
    }


def least_certain(requests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the least certain of requests, given as the page gets them: each prompt once, as its scores tell."""
    found: dict[str, Mapping[str, Any]] = {}
    for each in requests:
        decision = each["decision"]
        if decision and decision["margin"] is not None:
            row = {"id": None, "at": each["at"], "text": each["text"]}
            row |= {name: decision[name] for name in ("route", "margin", "scores")}
            found.setdefault(repr(decision["scores"]), row)
    ranked = sorted(found.values(), key=lambda row: row["margin"])
    return {"source": "memory", "decisions": ranked[:_LISTED]}


class _Desk:
    """Labels in the files that one configuration names."""

    def __init__(self, config: Path) -> None:
        self._config = config

    async def show(self, _: web.Request) -> web.Response:
        found = await _told(lambda: sorted(labels(self._config), key=lambda label: -label.at))
        return json_answer({"labels": [_shown(each) for each in found[:_SHOWN]], "count": len(found)})

    async def add(self, request: web.Request) -> web.Response:
        asked = await read_body(request, Asked)
        label = await _told(lambda: add_label(self._config, asked.route, asked.prompt, asked.decision))
        return json_answer(_shown(label), 201)

    async def remove(self, request: web.Request) -> web.Response:
        wanted = (request.query.get("route"), request.query.get("key"))
        found = await _told(lambda: [each for each in labels(self._config) if (each.route, str(each.at)) == wanted])
        if not found:
            raise DownstreamError(404, "There is no such label: /api/labels lists those that there are.")
        await _told(lambda: take_back(found[0]))
        return json_answer({"taken_back": _shown(found[0])})


async def _told(work: Callable[[], T]) -> T:
    """Do work on files in a thread; what is wrong with them is answered as the caller's fault (409)."""
    try:
        return await asyncio.to_thread(work)
    except ConfigError as error:
        raise DownstreamError(409, str(error)) from None


def _shown(label: Label) -> Mapping[str, Any]:
    return {
        "route": label.route,
        "prompt": label.prompt,
        "decision": label.decision,
        "at": label.at,
        "key": str(label.at),
        "file": label.file.name,
    }
