"""OpenTelemetry's names for what the gateway does, for metrics and traces alike.

The rules are those of the semantic conventions for generative AI: the well-known values of `gen_ai.provider.name` and
`gen_ai.operation.name`.
"""

from typing import Final

_PROVIDERS: Final = {
    "amazon_bedrock": "aws.bedrock",
    "azure_openai": "azure.ai.openai",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshotai": "moonshot_ai",
    "xai": "x_ai",
}
_EMBEDDINGS: Final = "/v1/embeddings"
_COMPLETIONS: Final = "/v1/completions"


def provider_name(prefix: str) -> str:
    """Return what the conventions call a provider; one that they do not know keeps its own name."""
    return _PROVIDERS.get(prefix, prefix)


def operation_name(path: str) -> str:
    """Return what the conventions call the operation of a path: `chat`, but for those of another kind."""
    if path == _EMBEDDINGS:
        return "embeddings"
    return "text_completion" if path == _COMPLETIONS else "chat"
