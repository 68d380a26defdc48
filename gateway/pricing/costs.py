"""What a request cost, and what its tokens would have cost on the baseline model."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from filters.formats.canonical.events import Usage
from gateway.config.model import Config
from gateway.pricing.price import Price
from gateway.pricing.published import published_price
from gateway.providers.provider import WILDCARD

_MOST_MODELS: Final = 1024
"""Whose published prices are kept: with `provider/*`, callers choose the names."""


class Costs:
    """Prices requests: by what `own` says, else the price lists of the configuration, else what is published.

    `baseline` is the `provider/model` that savings are measured against, None where there is none. A model of `own` may
    be `provider/*`.
    """

    def __init__(
        self,
        baseline: str | None = None,
        published: Callable[[str], Price | None] = published_price,
        own: Mapping[str, Price] = MappingProxyType({}),
    ) -> None:
        self.baseline: Final = baseline
        self._own = own
        self._look_up = published
        self._published: dict[str, Price | None] = {}
        self._lists: dict[int, Mapping[str, Price]] = {}
        self._listed: dict[str, Price] = {}

    def update(self, position: int, prices: Mapping[str, Price]) -> None:
        """Replace what the source at this position gave. Where two sources have a model, the later one counts."""
        self._lists[position] = prices
        listed: dict[str, Price] = {}
        for at in sorted(self._lists):
            listed |= self._lists[at]
        self._listed = listed

    def look_up(self, models: Iterable[str]) -> None:
        """Learn the published prices of models before they are asked for. Takes a while: callers use a thread."""
        for model in models:
            self.price(model)

    def price(self, model: str) -> Price | None:
        """Return the price of a `provider/model`, None where nobody knows it."""
        own = self._own.get(model) or self._own.get(f"{model.partition('/')[0]}/{WILDCARD}")
        if (known := own or self._listed.get(model)) is not None:
            return known
        try:
            return self._published[model]
        except KeyError:
            return self._remember(model)

    def is_known(self, model: str) -> bool:
        """Tell whether the price of a `provider/model` is known."""
        return self.price(model) is not None

    def of(self, model: str, usage: Usage) -> tuple[float | None, float | None]:
        """Return the cost of a request and its cost on the baseline, in US dollars; None for what is not known."""
        price = self.price(model)
        base = self.price(self.baseline) if self.baseline else None
        return price.cost(usage) if price else None, base.cost(usage) if base else None

    def _remember(self, model: str) -> Price | None:
        if len(self._published) >= _MOST_MODELS:
            del self._published[next(iter(self._published))]
        price = self._published[model] = self._look_up(model)
        return price


def costs_of(config: Config) -> Costs:
    """Return what prices requests under a configuration, before any price list is read."""
    entries = config.model_providers
    own = {entry.model: Price(**entry.price.model_dump()) for entry in entries if entry.price is not None}
    return Costs(config.baseline, own=own)
