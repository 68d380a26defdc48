"""A client's Chat Completions request, read into the neutral form.

What no other format can say is refused; what is a small loss is named in `warnings`.
"""

from collections.abc import Iterable
from typing import Final

from filters.context import Json
from filters.formats.canonical.fields import cannot_carry, filled, number, optional, refuse
from filters.formats.canonical.request import OutputFormat, Reasoning, Request
from filters.formats.canonical.unknown import unknown
from filters.formats.openai_chat.messages_decode import decode_messages
from filters.formats.openai_chat.shape import validate
from filters.formats.openai_chat.tools import decode_choice, decode_tools

_REFUSED: Final = {
    "audio": "answers in sound are known to this format alone",
    "web_search_options": "this search runs on OpenAI's own servers",
    "prediction": "no other format takes a predicted output",
    "functions": "they are superseded; send `tools`",
    "function_call": "it is superseded; send `tool_choice`",
}
_READ: Final = frozenset(
    {
        "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "max_tokens", "max_completion_tokens",
        "temperature", "top_p", "top_k", "stop", "seed", "presence_penalty", "frequency_penalty", "reasoning_effort",
        "reasoning", "thinking", "response_format", "stream", "stream_options", "user", "safety_identifier", "metadata",
        "service_tier", "verbosity", "logprobs", "top_logprobs", "n", "modalities", *_REFUSED,
        "routing_preferences", "routing_policy",
    }
)  # fmt: skip


def decode_request(body: Json) -> Request:
    """Read a client's body; raises DownstreamError for what cannot be carried to another format."""
    validate(body)
    _refuse(body)
    choice, tools = decode_choice(body, decode_tools(body))
    limit = optional(body, "max_completion_tokens", int)
    options = optional(body, "stream_options", dict) or {}
    return Request(
        model=body.get("model") or "",
        messages=decode_messages(body["messages"]),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=optional(body, "parallel_tool_calls", bool),
        max_tokens=optional(body, "max_tokens", int) if limit is None else limit,
        temperature=number(body, "temperature"),
        top_p=number(body, "top_p"),
        top_k=optional(body, "top_k", int),
        stop=_stop(body),
        seed=optional(body, "seed", int),
        presence_penalty=number(body, "presence_penalty"),
        frequency_penalty=number(body, "frequency_penalty"),
        reasoning=_reasoning(body),
        output=_output(body),
        stream=optional(body, "stream", bool) is True,
        include_usage=optional(options, "include_usage", bool, "stream_options.") is True,
        user=optional(body, "user", str) or optional(body, "safety_identifier", str),
        metadata=optional(body, "metadata", dict),
        service_tier=optional(body, "service_tier", str),
        verbosity=optional(body, "verbosity", str),
        logprobs=(optional(body, "top_logprobs", int) or 0) if optional(body, "logprobs", bool) else None,
        warnings=tuple(_losses(body)),
    )


def _refuse(body: Json) -> None:
    for field, why in _REFUSED.items():
        if body.get(field) is not None:
            cannot_carry(field, why)
    if optional(body, "n", int) not in {None, 1}:
        cannot_carry("n", "only this format gives several answers at once; ask for one")
    if body.get("modalities") not in (None, ["text"]):
        cannot_carry("modalities", "only `text` is known to other formats")


def _losses(body: Json) -> Iterable[str]:
    """Name what is dropped. A field whose value is empty or false asked for nothing."""
    yield from unknown(body, _READ)
    if body.get("top_logprobs") and not body.get("logprobs"):
        yield "top_logprobs is dropped, since logprobs is not asked for"
    if any("name" in message for message in body["messages"] if message["role"] != "tool"):
        yield "the names of messages are dropped"


def _stop(body: Json) -> list[str]:
    stop = body.get("stop")
    if isinstance(stop, str):
        return [stop]
    if stop is not None and not (isinstance(stop, list) and all(isinstance(text, str) for text in stop)):
        refuse("stop", "must be a string or a list of strings")
    return stop or []


def _reasoning(body: Json) -> Reasoning | None:
    """Read `reasoning_effort`, or OpenRouter's `reasoning`, or the `thinking` of DeepSeek and others."""
    if effort := optional(body, "reasoning_effort", str):
        return Reasoning(enabled=effort != "none", effort=effort)
    if asked := optional(body, "reasoning", dict):
        effort = optional(asked, "effort", str, "reasoning.")
        enabled = optional(asked, "enabled", bool, "reasoning.") is not False and effort != "none"
        return Reasoning(enabled, effort, optional(asked, "max_tokens", int, "reasoning."))
    if asked := optional(body, "thinking", dict):
        kind = optional(asked, "type", str, "thinking.")
        budget = optional(asked, "budget_tokens", int, "thinking.")
        return Reasoning(enabled=kind != "disabled", budget_tokens=budget, adaptive=kind == "adaptive")
    return None


def _output(body: Json) -> OutputFormat | None:
    asked = optional(body, "response_format", dict)
    if asked is None or asked.get("type") == "text":
        return None
    if asked.get("type") == "json_object":
        return OutputFormat("json_object")
    if asked.get("type") != "json_schema":
        refuse("response_format.type", "must be `text`, `json_object` or `json_schema`")
    given, where = optional(asked, "json_schema", dict, "response_format.") or {}, "response_format.json_schema."
    return OutputFormat(
        kind="json_schema",
        name=filled(given, "name", where),
        schema=optional(given, "schema", dict, where),
        strict=optional(given, "strict", bool, where),
        description=optional(given, "description", str, where),
    )
