"""Routes that a request brings with it.

`routing_preferences` (`[{name, description, models}]`), or the older `routing_policy` (`[{model, routing_preferences:
[{name, description}]}]`), replaces the configured routes for this request; `[]` means no routes. Neither field is ever
forwarded to a provider.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from pydantic import ValidationError

from filters.context import Json
from filters.errors import DownstreamError
from filters.findings import sentence
from filters.routing.classifier import BoundClassifier, Classifier, Route
from filters.routing.config import RoutePreference

FIELDS: Final = ("routing_preferences", "routing_policy")
MAX_ROUTES: Final = 1000
MAX_MODELS: Final = 100
"""Of one route."""
MAX_EXAMPLES: Final = 200
"""In all: a head is trained on them while the request waits."""
MAX_NAME: Final = 256
"""Characters in the name of a route or a model: it is remembered for a session, logged, and sent as a header."""
MAX_TEXT: Final = 262_144
"""Characters in descriptions and examples, in all."""
_MAX_CACHED: Final = 64
_MAX_CACHED_CHARACTERS: Final = 32_768
_QUICK_ROUTES: Final = 4
_QUICK_CHARACTERS: Final = 4096
"""So many routes with so much text are bound in well under a millisecond; more go to a thread."""

Placed = tuple[str, Json]
"""A route as it was sent, and the path under which it stands in the body."""


def brings_routes(body: Json) -> bool:
    """Tell whether a body has anything for `read_inline` to read."""
    return any(field in body for field in FIELDS)


def read_inline(body: Json) -> tuple[Route, ...] | None:
    """Return the routes of a body, None where it brings none. Raises DownstreamError (400) for invalid ones.

    What is large is counted and refused before anything is done with it.
    """
    for field in FIELDS:
        if (value := body.get(field)) is not None:
            return _read(field, value)
    return None


def _read(field: str, value: Any) -> tuple[Route, ...]:
    if not isinstance(value, list):
        raise DownstreamError(400, f"{field} must be a list of routes.", param=field)
    _limit(field, len(value), "routes", MAX_ROUTES)
    entries = list(_numbered(field, value) if field == FIELDS[0] else _from_policy(value))
    _refuse_excess(field, entries)
    routes = tuple(_route(where, entry) for where, entry in entries)
    names: set[str] = set()
    for (where, _), route in zip(entries, routes, strict=True):
        if route.name in names:
            param = f"{where}.name"
            raise DownstreamError(400, f"{param}: there are two routes of this name.", param=param)
        names.add(route.name)
    return routes


def _numbered(field: str, value: list[Any]) -> Iterator[Placed]:
    for at, entry in enumerate(value):
        where = f"{field}[{at}]"
        if not isinstance(entry, dict):
            raise DownstreamError(400, f"{where} must be an object with name, description and models.", param=where)
        yield where, entry


def _route(where: str, entry: Json) -> Route:
    try:
        return RoutePreference.model_validate(entry).route()
    except ValidationError as error:
        raise _invalid(where, error) from None


def _refuse_excess(field: str, entries: Iterable[Placed]) -> None:
    """Refuse what is too many or too long; what is of a wrong type is left to the check of types."""
    examples = text = 0
    for where, entry in entries:
        _limit(f"{where}.name", _length(entry.get("name")), "characters", MAX_NAME)
        models, own = entry.get("models"), entry.get("examples")
        if isinstance(models, list):
            _limit(f"{where}.models", len(models), "models", MAX_MODELS)
            for number, model in enumerate(models):
                _limit(f"{where}.models[{number}]", _length(model), "characters", MAX_NAME)
        if isinstance(own, list):
            examples += len(own)
            _limit(field, examples, "examples", MAX_EXAMPLES)
            text += sum(map(_length, own))
        text += _length(entry.get("description"))
    _limit(field, text, "characters of description and examples", MAX_TEXT)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else 0


def _limit(param: str, count: int, what: str, most: int) -> None:
    if count > most:
        raise DownstreamError(400, f"{param} holds {count} {what}; the most is {most}.", param=param)


def _invalid(where: str, error: ValidationError) -> DownstreamError:
    """Name the first thing that is wrong; text that was sent is not repeated."""
    first = error.errors(include_url=False)[0]
    path = where + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    told = sentence(first, RoutePreference, quote=False)
    return DownstreamError(400, f"{path}: {told}{'' if told.endswith('?') else '.'}", param=path)


def _from_policy(value: list[Any]) -> Iterator[Placed]:
    """Turn the older form, models with their routes, into routes with their models, each where it stood first."""
    merged: dict[str, Placed] = {}
    models: dict[str, dict[str, None]] = {}
    count = 0
    for index, entry in enumerate(value):
        where = f"routing_policy[{index}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("model"), str):
            raise DownstreamError(400, f"{where}.model must be a string.", param=f"{where}.model")
        listed = _listed(entry, where)
        count += len(listed)
        _limit("routing_policy", count, "routes", MAX_ROUTES)
        for number, preference in enumerate(listed):
            if not isinstance(preference, dict) or not isinstance(preference.get("name"), str):
                at = f"{where}.routing_preferences[{number}].name"
                raise DownstreamError(400, f"{at} must be a string.", param=at)
            merged.setdefault(preference["name"], (f"{where}.routing_preferences[{number}]", preference))
            models.setdefault(preference["name"], {})[entry["model"]] = None
    for name, (where, preference) in merged.items():
        yield where, {**preference, "models": list(models[name])}


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
        size = sum(map(_size, key))
        if len(key) <= _QUICK_ROUTES and size <= _QUICK_CHARACTERS and not any(route.examples for route in key):
            bound = self._classifier.bind(key)
        else:
            bound = await asyncio.to_thread(self._classifier.bind, key)
        if size <= _MAX_CACHED_CHARACTERS:
            self._bound[key] = bound
            if len(self._bound) > _MAX_CACHED:
                self._bound.popitem(last=False)
        return bound


def _size(route: Route) -> int:
    return len(route.name) + len(route.description) + sum(map(len, route.examples)) + sum(map(len, route.models))
