"""The official SDKs, called in every way that they have, and what they make of an answer.

One table per format names the methods, so that a test asks the same question in all formats and in all ways:
blocking in a thread or asynchronous, whole (`create`, `parse`) or by the stream helper, whose result is accumulated.
"""

import asyncio
from operator import attrgetter
from typing import Any, Final

from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, ContentFilterFinishReasonError, LengthFinishReasonError, OpenAI
from pydantic import BaseModel

from filters.context import WireFormat
from filters.formats.canonical.seal import unseal

CHAT, RESPONSES, MESSAGES = "openai_chat", "openai_responses", "anthropic_messages"
PATHS: Final = {CHAT: "chat.completions", RESPONSES: "responses", MESSAGES: "messages"}
_FINAL: Final = {CHAT: "get_final_completion", RESPONSES: "get_final_response", MESSAGES: "get_final_message"}
_CUT_SHORT: Final = (ContentFilterFinishReasonError, LengthFinishReasonError, RuntimeError)
"""What OpenAI's helpers raise at the end of an answer that did not come to its own."""
_HELLO: Final = [{"role": "user", "content": "hello"}]
QUESTIONS: Final[dict[WireFormat, dict[str, Any]]] = {
    CHAT: {"messages": _HELLO},
    RESPONSES: {
        "input": "hello", "include": ["reasoning.encrypted_content"], "store": False, "temperature": 1.0, "top_p": 1.0,
        "text": {"verbosity": "medium"},
    },
    MESSAGES: {"messages": _HELLO, "max_tokens": 4096},
}  # fmt: skip
"""Responses repeats settings, and a server fills in its own for those not sent; so they are sent."""
THINK: Final[dict[WireFormat, dict[str, Any]]] = {
    CHAT: {"reasoning_effort": "low"},
    RESPONSES: {"reasoning": {"effort": "low", "summary": "auto"}},
    MESSAGES: {"thinking": {"type": "enabled", "budget_tokens": 1024}},
}
USAGE_IN_STREAMS: Final[dict[WireFormat, dict[str, Any]]] = {
    CHAT: {"stream_options": {"include_usage": True}},
    RESPONSES: {},
    MESSAGES: {},
}


def tools(wire: WireFormat, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the keyword argument that offers tools of these names."""
    schema = {"type": "object", "properties": {}, "additionalProperties": True}
    if wire is MESSAGES:
        return {"tools": [{"name": name, "input_schema": schema} for name in names]}
    functions = [{"name": name, "parameters": schema, "strict": False} for name in names]
    if wire is RESPONSES:
        return {"tools": [{"type": "function", **function} for function in functions]}
    return {"tools": [{"type": "function", "function": function} for function in functions]}


def shaped(wire: WireFormat, model: type) -> dict[str, Any]:
    """Return the keyword argument that asks for an answer in the shape of a pydantic model."""
    return {{CHAT: "response_format", RESPONSES: "text_format", MESSAGES: "output_format"}[wire]: model}


class Sdks:
    """The SDKs' clients, blocking and asynchronous, which are costly to make and so are made once."""

    def __init__(self) -> None:
        options = {"api_key": "k", "max_retries": 0}
        self._blocking = {"openai": OpenAI(**options), "anthropic": Anthropic(**options)}
        self._asynchronous = {"openai": AsyncOpenAI(**options), "anthropic": AsyncAnthropic(**options)}

    async def call(self, url: str, wire: WireFormat, method: str, *, blocking: bool, **asked: Any) -> Any:
        """Call a method of `PATHS[wire]` at a server; what `stream` (the helper) gives is accumulated.

        `create` with `stream=True` gives the list of events.
        """
        client = self._client(url, wire, blocking=blocking)
        function = attrgetter(f"{PATHS[wire]}.{method}")(client)
        if blocking:
            return await asyncio.to_thread(_call, function, _FINAL[wire], method, asked)
        return await _call_async(function, _FINAL[wire], method, asked)

    def _client(self, url: str, wire: WireFormat, *, blocking: bool) -> Any:
        clients = self._blocking if blocking else self._asynchronous
        if wire is MESSAGES:
            return clients["anthropic"].with_options(base_url=url)
        return clients["openai"].with_options(base_url=f"{url}/v1")

    async def close(self) -> None:
        """Close the connections."""
        for client in self._blocking.values():
            client.close()
        for client in self._asynchronous.values():
            await client.close()


def _call(function: Any, final: str, method: str, asked: dict[str, Any]) -> Any:
    if method != "stream":
        answer = function(**asked)
        return list(answer) if asked.get("stream") else answer
    with function(**asked) as stream:
        last = list(stream)[-1]
        try:
            return getattr(stream, final)()
        except _CUT_SHORT:
            return _what_there_is(stream, last)


async def _call_async(function: Any, final: str, method: str, asked: dict[str, Any]) -> Any:
    if method != "stream":
        answer = await function(**asked)
        return [event async for event in answer] if asked.get("stream") else answer
    async with function(**asked) as stream:
        last = [event async for event in stream][-1]
        try:
            return await getattr(stream, final)()
        except _CUT_SHORT:
            return _what_there_is(stream, last)


def _what_there_is(stream: Any, last: Any) -> Any:
    return getattr(last, "response", None) or stream.current_completion_snapshot


# --- what two accumulated results may differ in ----------------------------------------------------------------------

_MADE_UP: Final = {
    "id",  # each answer has its own; `call_id` and the ids of tool calls are compared
    "created", "created_at", "completed_at",
    "system_fingerprint", "service_tier",  # about the vendor's own machines
    "reasoning_details",  # proofs of other vendors' reasoning, which OpenAI's own answers do not have
    "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens",  # counts of what only Chat can do
}  # fmt: skip
_CALLS: Final = ("tool_use", "function")
_PROOFS: Final = frozenset(("signature", "encrypted_content", "data"))
_OFTEN_EMPTY: Final = frozenset(("signature", "encrypted_content", "content", "annotations", "logprobs"))
"""Where an empty value says as much as none: a chat stream begins with an empty text before it is known what comes."""


def comparable(value: Any) -> Any:
    """Return a result as JSON, without what is made up for each answer, without nulls, and with proofs unsealed."""
    if isinstance(value, BaseModel):
        value = value.model_dump(warnings=False)  # OpenAI's own types do not fit what its helpers parse
    if isinstance(value, list):
        return [comparable(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    made_up = _MADE_UP - {"id"} if value.get("type") in _CALLS else _MADE_UP
    said = {name: comparable(entry) for name, entry in value.items() if name not in made_up and entry is not None}
    for name in _PROOFS & said.keys():
        said[name] = sealed.blob if (sealed := unseal(said[name])) else said[name]
    for name in _OFTEN_EMPTY & said.keys():
        if not said[name]:
            del said[name]
    return said


def differences(left: Any, right: Any, path: str = "") -> list[str]:
    """Return where two results differ, each as `path: left is not right`."""
    if isinstance(left, dict) and isinstance(right, dict):
        names = sorted(left.keys() | right.keys())
        return [line for name in names for line in differences(left.get(name), right.get(name), f"{path}.{name}")]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = enumerate(zip(left, right, strict=True))
        return [line for index, pair in pairs for line in differences(*pair, f"{path}[{index}]")]
    return [] if left == right else [f"{path}: {left!r} is not {right!r}"]


def sent_back(answer: Any, wire: WireFormat, results: dict[str, str]) -> dict[str, Any]:
    """Return the keyword argument for the next turn: the question, an answer and what its tools said."""
    if wire is MESSAGES:
        blocks = [block.model_dump(exclude_none=True, exclude={"parsed_output"}) for block in answer.content]
        told = [{"type": "tool_result", "tool_use_id": call, "content": text} for call, text in results.items()]
        return {"messages": [*_HELLO, {"role": "assistant", "content": blocks}, {"role": "user", "content": told}]}
    if wire is RESPONSES:
        items = [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in answer.output]
        told = [{"type": "function_call_output", "call_id": call, "output": text} for call, text in results.items()]
        return {"input": [*_HELLO, *items, *told]}
    message = answer.choices[0].message.model_dump(exclude_none=True, exclude={"parsed"})
    told = [{"role": "tool", "tool_call_id": call, "content": text} for call, text in results.items()]
    return {"messages": [*_HELLO, message, *told]}
