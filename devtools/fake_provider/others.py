"""The endpoints that chat clients meet besides: embeddings and the list of models."""

import hashlib
from typing import Final

from devtools.fake_provider.answers import Answer, Dialect, Json
from devtools.fake_provider.openai_errors import error_body

MODELS: Final = ("fake-small", "fake-large")
_CREATED: Final = 1_735_689_600


def openai_models() -> Json:
    """Return OpenAI's `GET /v1/models`."""
    data = [{"id": name, "object": "model", "created": _CREATED, "owned_by": "fake"} for name in MODELS]
    return {"object": "list", "data": data}


def anthropic_models() -> Json:
    """Return Anthropic's `GET /v1/models`."""
    data = [
        {"type": "model", "id": name, "display_name": name, "created_at": "2025-01-01T00:00:00Z"} for name in MODELS
    ]
    return {"data": data, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}


def _embeddings(answer: Answer, body: Json) -> Json:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(str(text))} for index, text in enumerate(texts)
    ]
    tokens = answer.usage.input_tokens
    return {
        "object": "list",
        "data": data,
        "model": answer.model or body["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _vector(text: str) -> list[float]:
    """Return eight numbers that differ with the text."""
    return [byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:8]]


EMBEDDINGS: Final = Dialect(("model", "input"), _embeddings, error_body)
