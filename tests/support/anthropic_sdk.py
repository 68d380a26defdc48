"""Anthropic's own SDK as the judge of what is written for its clients and its servers."""

from functools import cache
from typing import Any

import anthropic
import httpx2
from anthropic.types import AssistantMessageParam, Message, SystemMessageParam, UserMessageParam
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from pydantic import TypeAdapter

_MESSAGES = {"user": UserMessageParam, "assistant": AssistantMessageParam, "system": SystemMessageParam}
_SAMPLING = ("temperature", "top_p", "top_k")


def gathered(stream: bytes) -> Message:
    """Return the message that the SDK's stream helper makes of the bytes of a stream."""
    with _client(stream).messages.stream(model="m", max_tokens=9, messages=[]) as events:
        return events.get_final_message()


def raw_events(stream: bytes) -> list[Any]:
    """Return the events that the SDK reads from the bytes of a stream."""
    return list(_client(stream).messages.create(model="m", max_tokens=9, messages=[], stream=True))


def check_message(body: dict[str, Any]) -> Message:
    """Return a whole answer as the SDK's type; raises where it does not fit."""
    return Message.model_validate(body, strict=True)


def check_request(body: dict[str, Any]) -> None:
    """Raise unless a body is what the SDK's types let a caller send, no field more (but the sampling ones of old)."""
    for message in body["messages"]:
        _check(_MESSAGES[message["role"]], message)
    params = MessageCreateParamsStreaming if body.get("stream") is True else MessageCreateParamsNonStreaming
    _check(params, {**{name: value for name, value in body.items() if name not in _SAMPLING}, "messages": []})


def _check(kind: Any, value: dict[str, Any]) -> None:
    """Raise where a value is not of a type, or has fields that the type does not know (pydantic drops them)."""
    adapter = _adapter(kind)
    again = adapter.dump_python(adapter.validate_python(value), mode="json", warnings=False)
    assert again == value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _client(stream: bytes) -> anthropic.Anthropic:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)

    transport = httpx2.MockTransport(answer)
    return anthropic.Anthropic(api_key="key", max_retries=0, http_client=httpx2.Client(transport=transport))
