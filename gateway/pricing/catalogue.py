"""Price lists: the shapes of models.dev, of DigitalOcean's model catalogue, and the one for lists of one's own.

The price of a model is what a million tokens in and a million tokens out cost together, in US dollars. An entry without
both is skipped and counted; a list without any usable entry is refused.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

import orjson

from gateway.pricing.members import members
from gateway.pricing.table import SourceError, Table, usable

Shape = Literal["digitalocean", "models.dev", "custom"]
Row = tuple[tuple[str, ...], float | None]
"""The names of a model, and its price where it has one."""

_NAMES_HERE: Final[Mapping[str, tuple[str, ...]]] = {
    "alibaba": ("qwen",),
    "amazon-bedrock": ("amazon_bedrock",),
    "azure": ("azure_openai",),
    "fireworks-ai": ("fireworks",),
    "google": ("gemini",),
    "lmstudio": ("lm_studio",),
    "togetherai": ("together", "together_ai"),
    "zhipuai": ("zhipu",),
}
"""The providers of models.dev that have other prefixes here."""
_PER_TOKEN_BELOW: Final = 0.001
"""No model is so cheap by the million, and none so dear by the token."""
_MILLION: Final = 1_000_000


def parse_catalogue(shape: Shape, document: bytes, aliases: Mapping[str, str]) -> Table:
    """Return the prices of a list by `provider/model`.

    `aliases` say which `provider/model` is meant by what the list calls a model, with or without the list's name of its
    provider. Where several providers of the list have a model of that name, the one of the meant provider counts, else
    the first. For a thread other than the event loop's. Raises SourceError.
    """
    values: dict[str, float] = {}
    skipped = 0
    for names, price in _ROWS[shape](document):
        if price is None:
            skipped += 1
        else:
            values.update(dict.fromkeys(names, price))
    if not values:
        raise SourceError("there is no price in it")
    return Table(values | _aliased(values, aliases), skipped)


def _aliased(values: Mapping[str, float], aliases: Mapping[str, str]) -> dict[str, float]:
    bare: dict[str, float] = {}
    for name in values:
        bare.setdefault(name.partition("/")[2], values[name])
    found: dict[str, float] = {}
    for alias, model in aliases.items():
        names = alias, f"{model.partition('/')[0]}/{alias}"
        price = next((values[name] for name in names if name in values), bare.get(alias))
        if price is not None:
            found[model] = price
    return found


def _custom(document: bytes) -> Iterator[Row]:
    for name, entry in members(document):
        yield (name,), _total(entry, "input_per_million", "output_per_million")


def _models_dev(document: bytes) -> Iterator[Row]:
    """Yield the models of `api.json`, by provider, or of a list whose keys are `provider/model` at once."""
    for provider, entry in members(document):
        models = entry.get("models") if isinstance(entry, dict) else None
        if isinstance(models, dict):
            prefixes = (provider, *_NAMES_HERE.get(provider, ()))
            for model, details in models.items():
                yield tuple(f"{prefix}/{model}" for prefix in prefixes), _models_dev_price(details)
        else:
            yield (provider,), _models_dev_price(entry)


def _models_dev_price(details: Any) -> float | None:
    return _total(details.get("cost"), "input", "output") if isinstance(details, dict) else None


def _digitalocean(document: bytes) -> Iterator[Row]:
    try:
        parsed: Any = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise SourceError("it is not JSON") from None
    data = parsed.get("data") if isinstance(parsed, dict) else None
    if not isinstance(data, list):
        raise SourceError("it has no list named data")
    for entry in data:
        name = entry.get("model_id") if isinstance(entry, dict) else None
        if isinstance(name, str):
            yield (f"digitalocean/{name}", name), _digitalocean_price(entry.get("pricing"))
        else:
            yield (), None


def _digitalocean_price(pricing: Any) -> float | None:
    """Return the price. The catalogue gives it by the token, at times, in fields that are named for the million."""
    price = _total(pricing, "input_price_per_million", "output_price_per_million")
    return price * _MILLION if price is not None and price < _PER_TOKEN_BELOW else price


def _total(prices: Any, given: str, made: str) -> float | None:
    """Return what a million tokens of either kind cost together."""
    if not isinstance(prices, dict):
        return None
    first, second = usable(prices.get(given)), usable(prices.get(made))
    return None if first is None or second is None else usable(first + second)


_ROWS: Final[Mapping[Shape, Callable[[bytes], Iterator[Row]]]] = {
    "custom": _custom,
    "models.dev": _models_dev,
    "digitalocean": _digitalocean,
}
