"""The providers that are known by name: where they are, which formats they speak, how they want their key.

`options` is what any model there takes, as far as it is the server's doing; what goes by the model is in `models/`.
"""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from filters.context import WireFormat
from filters.formats.canonical.request import ModelOptions
from filters.formats.registry import ANTHROPIC_MESSAGES, OPENAI_CHAT, OPENAI_RESPONSES
from gateway.providers.auth.schemes import Auth

CHAT: Final = (OPENAI_CHAT.name,)
OPENAI: Final = (OPENAI_CHAT.name, OPENAI_RESPONSES.name)
ANTHROPIC: Final = (ANTHROPIC_MESSAGES.name,)

_OF_OPENAI: Final = frozenset({"metadata", "verbosity", "service_tier"})
"""What OpenAI added to Chat Completions, and other servers refuse or ignore (looplj/axonhub#1380)."""

OPENAI_ONLY: Final = frozenset({"client_metadata", "annotations"})
"""What OpenAI alone takes: what Codex tells it of itself (openai/codex#30161, mozilla-ai/otari#362), and what its
answers hold beside their text, when they come back in a conversation."""
_NEWER: Final = frozenset(
    {"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "safety_identifier", "store", "moderation"}
)
"""What it added besides, and servers refuse that check a request for fields that they do not know."""

COMPATIBLE: Final = ModelOptions(
    max_tokens_field="max_tokens",
    efforts=("low", "medium", "high"),
    user_limit=64,
    stop_limit=4,
    refused=_OF_OPENAI | OPENAI_ONLY,
)
"""What may be asked of an OpenAI-compatible server of which nothing else is known."""
OWN_RESPONSES: Final = replace(COMPATIBLE, refused=OPENAI_ONLY, late_system=True)
"""The same of a server that speaks Responses, whose words OpenAI's additions to Chat Completions are."""
ANYTHING: Final = ModelOptions(
    max_tokens_field="max_tokens",
    late_system=True,
    developer_role=True,
    custom_tools=True,
    any_calls=True,
    reasoning_content=True,
    reasoning_details=True,
    refused=OPENAI_ONLY,
)
"""What is taken for granted of a server whose callers speak its own format: that they know it."""
REASONING: Final = replace(COMPATIBLE, reasoning_content=True)
_NO_LOGPROBS: Final = replace(COMPATIBLE, refused=COMPATIBLE.refused | {"logprobs"})
_EXACT: Final = replace(COMPATIBLE, refused=COMPATIBLE.refused | _NEWER)
_CHECKED: Final = replace(_NO_LOGPROBS, refused=_NO_LOGPROBS.refused | _NEWER)
OF_OPENAI: Final = ModelOptions(
    late_system=True, developer_role=True, custom_tools=True, user_limit=64, stop_limit=4, stored_metadata=True
)
OF_AZURE: Final = replace(OF_OPENAI, custom_tools=False, refused=OPENAI_ONLY | _NEWER | {"metadata", "service_tier"})
OF_ANTHROPIC: Final = ModelOptions(user_limit=256, reasoning_effort=False)
"""Anthropic takes user ids of up to 256 characters."""
AGGREGATOR: Final = replace(
    COMPATIBLE,
    efforts=("none", "minimal", "low", "medium", "high", "xhigh"),
    reasoning_content=True,
    reasoning_details=True,
)


@dataclass(frozen=True, slots=True)
class Builtin:
    """What is known of a provider. `base_url` is None where every customer has an address of their own.

    `adapts` tells that the provider brings requests to what each model takes by itself. `unversioned` that its clients
    add the `/v1` to the base URL, and `azure` that its paths may name a deployment.
    """

    base_url: str | None
    formats: tuple[WireFormat, ...] = CHAT
    auth: Auth = "bearer"
    options: ModelOptions = COMPATIBLE
    adapts: bool = False
    unversioned: bool = False
    azure: bool = False
    native_root: str = ""
    """The path of an API of the server's own, which its manuals print, and beside which it has OpenAI's under `/v1`."""


_ANTHROPIC: Final = Builtin("https://api.anthropic.com/v1", ANTHROPIC, "x-api-key", OF_ANTHROPIC, unversioned=True)
_AZURE: Final = Builtin(None, CHAT, "api-key", OF_AZURE, azure=True)
_MISTRAL: Final = ModelOptions(
    max_tokens_field="max_tokens",
    efforts=("none", "high"),
    tool_id_length=9,
    refused=COMPATIBLE.refused | _NEWER | {"logprobs", "seed", "user"},
)
"""Mistral refuses what it does not know, with a 422; ids of calls have nine letters and digits."""

BUILTIN: Final = MappingProxyType(
    {
        "amazon_bedrock": Builtin(None),
        "anthropic": _ANTHROPIC,
        "azure": _AZURE,
        "azure_openai": _AZURE,
        "cerebras": Builtin("https://api.cerebras.ai/v1", options=_EXACT),
        "deepseek": Builtin("https://api.deepseek.com/v1", options=replace(REASONING, output_schema=False)),
        "digitalocean": Builtin("https://inference.do-ai.run/v1"),
        "fireworks": Builtin("https://api.fireworks.ai/inference/v1"),
        "gemini": Builtin("https://generativelanguage.googleapis.com/v1beta/openai", options=_CHECKED),
        "groq": Builtin("https://api.groq.com/openai/v1", options=_CHECKED),
        "lm_studio": Builtin("http://localhost:1234/v1", options=REASONING),
        "mistral": Builtin("https://api.mistral.ai/v1", options=_MISTRAL),
        "moonshotai": Builtin("https://api.moonshot.ai/v1", options=_NO_LOGPROBS),
        "nvidia": Builtin("https://integrate.api.nvidia.com/v1"),
        "ollama": Builtin("http://localhost:11434/v1", options=REASONING, native_root="/api"),
        "openai": Builtin("https://api.openai.com/v1", OPENAI, options=OF_OPENAI),
        "openrouter": Builtin("https://openrouter.ai/api/v1", options=AGGREGATOR, adapts=True),
        "perplexity": Builtin("https://api.perplexity.ai", options=_NO_LOGPROBS),
        "qwen": Builtin("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        "together": Builtin("https://api.together.xyz/v1"),
        "together_ai": Builtin("https://api.together.xyz/v1"),
        "vercel": Builtin("https://ai-gateway.vercel.sh/v1", options=AGGREGATOR, adapts=True),
        "vllm": Builtin("http://localhost:8000/v1", options=REASONING),
        "xai": Builtin("https://api.x.ai/v1"),
        "xiaomi": Builtin("https://api.xiaomimimo.com/v1"),
        "zhipu": Builtin("https://open.bigmodel.cn/api/paas/v4", options=replace(COMPATIBLE, output_schema=False)),
    }
)
"""By the prefix of `model: prefix/name`."""

OWN: Final = Builtin(None)
"""A server of one's own that speaks Chat Completions."""
INTERFACES: Final = MappingProxyType(
    {
        **BUILTIN,
        "openai": OWN,
        "claude": _ANTHROPIC,
        "plano": OWN,
        "chatgpt": Builtin(None, (OPENAI_RESPONSES.name,), options=OF_OPENAI),
    }
)
"""What a server of one's own is like, by `provider_interface`."""
