"""The official `openai` SDK's types as judges of what is sent to a server or a client."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from pydantic import TypeAdapter


def check_chat_request(body: Any) -> None:
    """Fail unless the SDK could have sent the body."""
    kind = CompletionCreateParamsStreaming if body.get("stream") else CompletionCreateParamsNonStreaming
    unknown = set(body) - kind.__required_keys__ - kind.__optional_keys__
    assert not unknown, f"unknown fields: {unknown}"
    _exhaust(_adapter(kind).validate_python(body))


def check_chat_answer(body: Any) -> ChatCompletion:
    """Fail unless the body is what the SDK expects of a server; give it as the SDK sees it."""
    return ChatCompletion.model_validate(body, strict=True)


def check_chat_chunk(chunk: Any) -> ChatCompletionChunk:
    """Fail unless the chunk is what the SDK expects of a server."""
    return ChatCompletionChunk.model_validate(chunk, strict=True)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _exhaust(value: Any) -> None:
    """Walk through everything, for pydantic checks the items of an `Iterable` only as they are taken."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | Iterator) and type(value).__name__ != "ValidatorIterator":
        return
    for item in value:
        _exhaust(item)
