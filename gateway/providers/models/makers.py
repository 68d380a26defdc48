"""Who may have a model of which only the name is known, and not the provider."""

from types import MappingProxyType
from typing import Final

from gateway.providers.models.names import read_name

_MAKERS: Final = MappingProxyType(
    {
        "claude": "anthropic",
        "deepseek": "deepseek",
        "gemini": "gemini",
        "glm": "zhipu",
        "gpt": "openai",
        "grok": "xai",
        "gpt-oss": "",
        "kimi": "moonshotai",
        "llama": "meta",
        "minimax": "minimax",
        "mistral": "mistral",
        "o": "openai",
        "qwen": "qwen",
    }
)
"""Families, and the provider that makes them and has them alone; nobody where only others serve them."""
_CLOSED: Final = frozenset({"claude", "gemini", "gpt", "grok", "o"})
"""Families whose weights are not to be had."""
_HOSTS_OF_OPEN_WEIGHTS: Final = frozenset(
    {"cerebras", "fireworks", "groq", "lm_studio", "nvidia", "ollama", "together", "together_ai", "vllm"}
)
_NAMES_WITH_A_MAKER: Final = frozenset({"openrouter", "vercel"})
"""Providers whose own names are `maker/model`."""


def may_have(api: str, model: str, *, at_home: bool) -> bool:
    """Tell whether a provider may have a model by this name.

    `at_home` tells that the provider is where it is known to be: another server that speaks its API may have anything.
    """
    with_maker = "/" in model
    if not at_home:
        return not with_maker
    if with_maker or api in _NAMES_WITH_A_MAKER:
        return with_maker and api in _NAMES_WITH_A_MAKER
    family = read_name(model).family
    if api in _MAKERS.values():
        return _MAKERS.get(family, api) == api
    return not (family in _CLOSED and api in _HOSTS_OF_OPEN_WEIGHTS)
