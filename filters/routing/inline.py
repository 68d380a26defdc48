"""Routes that a request brings with it.

`routing_preferences` (`[{name, description, models}]`), or the older `routing_policy` (`[{model, routing_preferences:
[{name, description}]}]`), replaces the configured routes for this request; `[]` means no routes. Neither field is ever
forwarded to a provider.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from filters.context import Json
from filters.errors import DownstreamError
from filters.routing.classifier import BoundClassifier, Classifier, Route
from filters.routing.config import RoutePreference

FIELDS: Final = ("routing_preferences", "routing_policy")
MAX_ROUTES: Final = 1000
MAX_EXAMPLES: Final = 200
"""In all: a head is trained on them while the request waits."""
_MAX_CACHED: Final = 64
_MAX_CACHED_CHARACTERS: Final = 32_768
_QUICK_ROUTES: Final = 4
"""So many routes are bound in well under a millisecond; more go to a thread."""
_PREFERENCES: Final = TypeAdapter(list[RoutePreference])


def read_inline(body: Json) -> tuple[Route, ...] | None:
    """Return the routes of a body, None where it brings none. Raises DownstreamError (400) for invalid ones."""
    for field in FIELDS:
        if (value := body.get(field)) is not None:
            return _read(field, value)
    return None


def _read(field: str, value: Any) -> tuple[Route, ...]:
    if not isinstance(value, list):
        raise DownstreamError(400, f"{field} must be a list of routes.", param=field)
    if len(value) > MAX_ROUTES:
        raise DownstreamError(400, f"{field} holds {len(value)} routes; the most is {MAX_ROUTES}.", param=field)
    entries = value if field == FIELDS[0] else _from_policy(value)
    try:
        routes = tuple(preference.route() for preference in _PREFERENCES.validate_python(entries))
    except ValidationError as error:
        raise _invalid(field, error) from None
    if (examples := sum(len(route.examples) for route in routes)) > MAX_EXAMPLES:
        raise DownstreamError(400, f"{field} holds {examples} examples; the most is {MAX_EXAMPLES}.", param=field)
    names = [route.name for route in routes]
    if twice := next((name for name in names if names.count(name) > 1), None):
        at = len(names) - 1 - names[::-1].index(twice)
        raise DownstreamError(
            400, f"{field}[{at}].name: there are two routes of this name.", param=f"{field}[{at}].name"
        )
    return routes


def _invalid(field: str, error: ValidationError) -> DownstreamError:
    """Name the first thing that is wrong; what was sent is not repeated."""
    first = error.errors(include_input=False, include_url=False)[0]
    path = field + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    return DownstreamError(400, f"{path}: {first['msg']}.", param=path)


def _from_policy(value: list[Any]) -> list[Json]:
    """Turn the older form, models with their routes, into routes with their models."""
    merged: OrderedDict[str, Json] = OrderedDict()
    for index, entry in enumerate(value):
        where = f"routing_policy[{index}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("model"), str):
            raise DownstreamError(400, f"{where}.model must be a string.", param=f"{where}.model")
        for number, preference in enumerate(_listed(entry, where)):
            if not isinstance(preference, dict) or not isinstance(preference.get("name"), str):
                at = f"{where}.routing_preferences[{number}].name"
                raise DownstreamError(400, f"{at} must be a string.", param=at)
            route = merged.setdefault(preference["name"], {**preference, "models": []})
            if entry["model"] not in route["models"]:
                route["models"].append(entry["model"])
    return list(merged.values())


def _listed(entry: Json, where: str) -> list[Any]:
    listed = entry.get("routing_preferences")
    if not isinstance(listed, list):
        at = f"{where}.routing_preferences"
        raise DownstreamError(400, f"{at} must be a list of objects with name and description.", param=at)
    return listed


class InlineRoutes:
    """Binds the classifier to the routes of requests, and keeps the last few: callers send the same ones again."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._bound: OrderedDict[tuple[Route, ...], BoundClassifier] = OrderedDict()

    async def bind(self, routes: Sequence[Route]) -> BoundClassifier:
        """Return the classifier for these routes."""
        key = tuple(routes)
        if (bound := self._bound.get(key)) is not None:
            self._bound.move_to_end(key)
            return bound
        if len(key) <= _QUICK_ROUTES and not any(route.examples for route in key):
            bound = self._classifier.bind(key)
        else:
            bound = await asyncio.to_thread(self._classifier.bind, key)
        if sum(_size(route) for route in key) <= _MAX_CACHED_CHARACTERS:
            self._bound[key] = bound
            if len(self._bound) > _MAX_CACHED:
                self._bound.popitem(last=False)
        return bound


def _size(route: Route) -> int:
    return len(route.name) + len(route.description) + sum(map(len, route.examples)) + sum(map(len, route.models))
