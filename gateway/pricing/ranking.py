"""The order of a route's models by price or latency."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf

from filters.routing.classifier import Prefer, Route


class Ranking:
    """Ranks models by what the sources gave last.

    `resolve` gives the `provider/name` that a model's name means, None for an unknown one: routes that come with a
    request may use aliases.
    """

    def __init__(self, routes: Iterable[Route], resolve: Callable[[str], str | None]) -> None:
        self._routes = tuple(routes)
        self._resolve = resolve
        self._tables: dict[tuple[Prefer, int], Mapping[str, float]] = {}
        self._values: dict[Prefer, Mapping[str, float]] = {"cheapest": {}, "fastest": {}}

    def rank(self, models: Sequence[str], prefer: Prefer) -> Sequence[str]:
        """Return the models, lowest price or latency first; those without data last, in the order they came in."""
        if prefer == "none":
            return models
        values = self._values[prefer]
        return tuple(sorted(models, key=lambda model: self._value(values, model)))

    def update(self, prefer: Prefer, position: int, values: Mapping[str, float]) -> None:
        """Replace what the source at this position gave. Where two sources have a model, the later one counts."""
        self._tables[prefer, position] = values
        merged: dict[str, float] = {}
        for kind, at in sorted(self._tables):
            if kind == prefer:
                merged |= self._tables[kind, at]
        self._values[prefer] = merged

    def without_data(self, prefer: Prefer) -> list[str]:
        """Return the models of routes with this policy that rank last, since nothing is known of them."""
        wanted = dict.fromkeys(model for route in self._routes if route.prefer == prefer for model in route.models)
        return [model for model in wanted if self._value(self._values[prefer], model) == inf]

    def _value(self, values: Mapping[str, float], model: str) -> float:
        value = values.get(model)
        return values.get(self._resolve(model) or model, inf) if value is None else value
