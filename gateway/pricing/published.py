"""The price list that ships with the package `genai-prices`: what vendors publish, as of the package's version.

It is imported when a model is first priced (about 0.2 s and 20 MB, once), and asks nobody. A model is looked up when it
is first priced; prices that begin at a date count by the day on which that was.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from gateway.pricing.price import Price

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

_IDS: Final = MappingProxyType({"azure_openai": "azure", "zhipu": "zhipuai"})
"""Providers whose name here the list takes for another, or does not know."""
_FIELDS: Final[Mapping[str, str]] = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
}


def published_price(model: str) -> Price | None:
    """Return the price of a `provider/model`, None where the list has none. Takes about a millisecond."""
    from genai_prices.data_snapshot import find_provider_by_id, get_snapshot  # noqa: PLC0415 - slow to import

    prefix, _, name = model.partition("/")
    providers = get_snapshot().providers
    provider = find_provider_by_id(providers, _IDS.get(prefix, prefix))
    found = provider.find_model(name, all_providers=providers) if provider else None
    return None if found is None else _price(found.get_prices(datetime.now(UTC)))


def _price(listed: "ModelPrice") -> Price | None:
    """Return a listed price, None where the model is not priced by the token."""
    values = {name: getattr(listed, key, None) for name, key in _FIELDS.items()}
    if values["input"] is None:
        return None
    starts = sorted({tier.start for value in values.values() for tier in getattr(value, "tiers", ())})
    return Price(**_at(values, 0), tiers=tuple((start, Price(**_at(values, start + 1))) for start in starts))


def _at(values: Mapping[str, Any], tokens: int) -> dict[str, Any]:
    """Return the prices for a request with so many input tokens."""
    amounts = {name: _amount(value, tokens) for name, value in values.items() if value is not None}
    return {"output": 0.0} | amounts


def _amount(value: Any, tokens: int) -> float:
    if not hasattr(value, "tiers"):
        return float(value)
    prices = [value.base, *(tier.price for tier in value.tiers if tokens > tier.start)]
    return float(prices[-1])
