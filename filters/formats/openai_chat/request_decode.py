"""A client's Chat Completions request, read into the neutral form.

What no other format can say is refused; what is a small loss is named in `warnings`.
"""

from collections.abc import Iterable
from typing import Final

from filters.context import Json
from filters.formats.canonical.request import OutputFormat, Reasoning, Request
from filters.formats.canonical.unknown import unknown
from filters.formats.openai_chat.fields import (
    boolean,
    integer,
    number,
    obj,
    refused,
    required,
    string,
    wrong,
)
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
    limit = integer(body, "max_completion_tokens")
    return Request(
        model=body.get("model") or "",
        messages=decode_messages(body["messages"]),
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=boolean(body, "parallel_tool_calls"),
        max_tokens=integer(body, "max_tokens") if limit is None else limit,
        temperature=number(body, "temperature"),
        top_p=number(body, "top_p"),
        top_k=integer(body, "top_k"),
        stop=_stop(body),
        seed=integer(body, "seed"),
        presence_penalty=number(body, "presence_penalty"),
        frequency_penalty=number(body, "frequency_penalty"),
        reasoning=_reasoning(body),
        output=_output(body),
        stream=boolean(body, "stream") is True,
        include_usage=boolean(obj(body, "stream_options") or {}, "include_usage", "stream_options.") is True,
        user=string(body, "user") or string(body, "safety_identifier"),
        metadata=obj(body, "metadata"),
        service_tier=string(body, "service_tier"),
        verbosity=string(body, "verbosity"),
        logprobs=(integer(body, "top_logprobs") or 0) if boolean(body, "logprobs") else None,
        warnings=tuple(_losses(body)),
    )


def _refuse(body: Json) -> None:
    for field, why in _REFUSED.items():
        if body.get(field) is not None:
            raise refused(field, why)
    if integer(body, "n") not in {None, 1}:
        raise refused("n", "only this format gives several answers at once; ask for one")
    if body.get("modalities") not in (None, ["text"]):
        raise refused("modalities", "only `text` is known to other formats")


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
    if stop is None or (isinstance(stop, list) and all(isinstance(text, str) for text in stop)):
        return stop or []
    raise wrong("stop", "must be a string or a list of strings")


def _reasoning(body: Json) -> Reasoning | None:
    """Read `reasoning_effort`, or OpenRouter's `reasoning`, or the `thinking` of DeepSeek and others."""
    if effort := string(body, "reasoning_effort"):
        return Reasoning(enabled=effort != "none", effort=effort)
    if asked := obj(body, "reasoning"):
        effort = string(asked, "effort", "reasoning.")
        enabled = boolean(asked, "enabled", "reasoning.") is not False and effort != "none"
        return Reasoning(enabled, effort, integer(asked, "max_tokens", "reasoning."))
    if asked := obj(body, "thinking"):
        kind = string(asked, "type", "thinking.")
        budget = integer(asked, "budget_tokens", "thinking.")
        return Reasoning(enabled=kind != "disabled", budget_tokens=budget, adaptive=kind == "adaptive")
    return None


def _output(body: Json) -> OutputFormat | None:
    asked = obj(body, "response_format")
    if asked is None or asked.get("type") == "text":
        return None
    if asked.get("type") == "json_object":
        return OutputFormat("json_object")
    if asked.get("type") != "json_schema":
        raise wrong("response_format.type", "must be `text`, `json_object` or `json_schema`")
    given, where = obj(asked, "json_schema", "response_format.") or {}, "response_format.json_schema."
    return OutputFormat(
        kind="json_schema",
        name=required(given, "name", where),
        schema=obj(given, "schema", where),
        strict=boolean(given, "strict", where),
        description=string(given, "description", where),
    )
