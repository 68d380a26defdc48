"""Price lists: the shapes of models.dev, of DigitalOcean's model catalogue, and the one for lists of one's own.

A model is ranked by what a million tokens in and a million tokens out cost together, in US dollars. An entry without
both is skipped and counted; a list without any usable entry is refused. What is read from and written to a cache has a
price of its own where the list gives one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

import orjson

from gateway.pricing.members import members
from gateway.pricing.price import Price
from gateway.pricing.table import SourceError, Table, usable

Shape = Literal["digitalocean", "models.dev", "custom"]
Row = tuple[tuple[str, ...], Price | None]
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
_LONG_CONTEXT: Final = 200_000


def parse_catalogue(shape: Shape, document: bytes, aliases: Mapping[str, str]) -> Table:
    """Return the prices of a list by `provider/model`.

    `aliases` say which `provider/model` is meant by what the list calls a model, with or without the list's name of its
    provider. Where several providers of the list have a model of that name, the one of the meant provider counts, else
    the first. For a thread other than the event loop's. Raises SourceError.
    """
    prices: dict[str, Price] = {}
    skipped = 0
    for names, price in _ROWS[shape](document):
        if price is None:
            skipped += 1
        else:
            prices.update(dict.fromkeys(names, price))
    if not prices:
        raise SourceError("there is no price in it")
    prices |= _aliased(prices, aliases)
    return Table({name: price.total for name, price in prices.items()}, skipped, prices)


def _aliased(prices: Mapping[str, Price], aliases: Mapping[str, str]) -> dict[str, Price]:
    bare: dict[str, Price] = {}
    for name in prices:
        bare.setdefault(name.partition("/")[2], prices[name])
    found: dict[str, Price] = {}
    for alias, model in aliases.items():
        names = alias, f"{model.partition('/')[0]}/{alias}"
        price = next((prices[name] for name in names if name in prices), bare.get(alias))
        if price is not None:
            found[model] = price
    return found


def _custom(document: bytes) -> Iterator[Row]:
    for name, entry in members(document):
        yield (name,), _price(entry, "{}_per_million")


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


def _models_dev_price(details: Any) -> Price | None:
    """Return the price, with the one that counts where there are more than 200,000 input tokens."""
    cost = details.get("cost") if isinstance(details, dict) else None
    if not isinstance(cost, dict) or (price := _price(cost, "{}")) is None:
        return None
    long = _price(cost.get("context_over_200k"), "{}")
    return replace(price, tiers=((_LONG_CONTEXT, long),)) if long else price


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


def _digitalocean_price(pricing: Any) -> Price | None:
    """Return the price. The catalogue gives it by the token, at times, in fields that are named for the million."""
    price = _price(pricing, "{}_price_per_million")
    if price is None or price.total >= _PER_TOKEN_BELOW:
        return price
    read, written = (None if each is None else each * _MILLION for each in (price.cache_read, price.cache_write))
    return Price(price.input * _MILLION, price.output * _MILLION, read, written)


def _price(prices: Any, key: str) -> Price | None:
    """Return what the fields of an entry say, None where there is not a price for tokens in and one for tokens out."""
    if not isinstance(prices, dict):
        return None
    given, made, read, written = (
        usable(prices.get(key.format(kind))) for kind in ("input", "output", "cache_read", "cache_write")
    )
    if given is None or made is None or usable(given + made) is None:
        return None
    return Price(given, made, read, written)


_ROWS: Final[Mapping[Shape, Callable[[bytes], Iterator[Row]]]] = {
    "custom": _custom,
    "models.dev": _models_dev,
    "digitalocean": _digitalocean,
}
