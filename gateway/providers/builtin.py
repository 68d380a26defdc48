"""The providers that need no `base_url`: where they are, which wire formats they speak and how they want their key."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from filters.context import WireFormat
from filters.formats.canonical.request import ModelOptions

Auth = Literal["bearer", "x-api-key", "api-key"]
"""The header that carries the key: `Authorization: Bearer`, `x-api-key` (Anthropic) or `api-key` (Azure)."""

CHAT: Final = (WireFormat.OPENAI_CHAT,)
OPENAI: Final = (WireFormat.OPENAI_CHAT, WireFormat.OPENAI_RESPONSES)
ANTHROPIC: Final = (WireFormat.ANTHROPIC_MESSAGES,)


COMPATIBLE: Final = ModelOptions(max_tokens_field="max_tokens")
"""What may be asked of an OpenAI-compatible server of which nothing else is known."""
REASONING: Final = ModelOptions(max_tokens_field="max_tokens", reasoning_content=True)


@dataclass(frozen=True, slots=True)
class Builtin:
    """What is known of a provider. `base_url` is None where every customer has an address of their own."""

    base_url: str | None
    formats: tuple[WireFormat, ...] = CHAT
    auth: Auth = "bearer"
    options: ModelOptions = COMPATIBLE


BUILTIN: Final = MappingProxyType(
    {
        "amazon_bedrock": Builtin(None),
        "anthropic": Builtin("https://api.anthropic.com/v1", ANTHROPIC, "x-api-key"),
        "azure_openai": Builtin(None, CHAT, "api-key", ModelOptions(developer_role=True)),
        "cerebras": Builtin("https://api.cerebras.ai/v1"),
        "deepseek": Builtin("https://api.deepseek.com/v1", options=REASONING),
        "digitalocean": Builtin("https://inference.do-ai.run/v1"),
        "fireworks": Builtin("https://api.fireworks.ai/inference/v1"),
        "gemini": Builtin("https://generativelanguage.googleapis.com/v1beta/openai"),
        "groq": Builtin("https://api.groq.com/openai/v1"),
        "lm_studio": Builtin("http://localhost:1234/v1"),
        "mistral": Builtin("https://api.mistral.ai/v1"),
        "moonshotai": Builtin("https://api.moonshot.ai/v1"),
        "nvidia": Builtin("https://integrate.api.nvidia.com/v1"),
        "ollama": Builtin("http://localhost:11434/v1"),
        "openai": Builtin(
            "https://api.openai.com/v1", OPENAI, options=ModelOptions(developer_role=True, custom_tools=True)
        ),
        "openrouter": Builtin("https://openrouter.ai/api/v1"),
        "perplexity": Builtin("https://api.perplexity.ai"),
        "qwen": Builtin("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        "together": Builtin("https://api.together.xyz/v1"),
        "together_ai": Builtin("https://api.together.xyz/v1"),
        "vercel": Builtin("https://ai-gateway.vercel.sh/v1"),
        "vllm": Builtin("http://localhost:8000/v1", options=REASONING),
        "xai": Builtin("https://api.x.ai/v1"),
        "xiaomi": Builtin("https://api.xiaomimimo.com/v1"),
        "zhipu": Builtin("https://open.bigmodel.cn/api/paas/v4"),
    }
)
"""By the prefix of `model: prefix/name`."""

INTERFACES: Final = MappingProxyType(
    {
        **{name: (builtin.formats if name == "anthropic" else CHAT, builtin.auth) for name, builtin in BUILTIN.items()},
        "claude": (ANTHROPIC, "x-api-key"),
        "plano": (CHAT, "bearer"),
        "chatgpt": ((WireFormat.OPENAI_RESPONSES,), "bearer"),
    }
)
"""What a server of a provider's own speaks, and how it wants its key, by `provider_interface`."""
