"""A client's Responses body, read into the neutral form.

What lives on OpenAI's servers (earlier responses, conversations, prompts, files, background work, their own tools) is
refused, naming the field. A field that only makes the answer a little different is left out with a warning.
"""

from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.fields import number, optional, refuse, required
from filters.formats.canonical.request import Message, OutputFormat, Reasoning, Request, Text
from filters.formats.canonical.unknown import unknown
from filters.formats.openai_responses.input_decode import additional_tools, decode_input
from filters.formats.openai_responses.tools import decode_tools

_STATE: Final = {
    "previous_response_id": "names a response that only the OpenAI API has: send the whole conversation in `input`",
    "conversation": "names a conversation that only the OpenAI API has: send the whole conversation in `input`",
    "prompt": "names a prompt that only the OpenAI API has: send its text in `instructions` and `input`",
    "background": "cannot be carried to a provider of another wire format: leave it out",
}
_LOGPROBS: Final = "message.output_text.logprobs"
_ECHOED: Final = (
    "instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls", "prompt_cache_key",
    "reasoning", "safety_identifier", "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p",
    "truncation", "user",
)  # fmt: skip
_LOST: Final = (
    "access_programs", "context_management", "image", "max_tool_calls", "moderation", "prompt_cache_key",
    "prompt_cache_options", "prompt_cache_retention",
)  # fmt: skip
_KNOWN: Final = frozenset((
    "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "max_output_tokens", "temperature",
    "top_p", "reasoning", "text", "stream", "stream_options", "store", "include", "user", "safety_identifier",
    "metadata", "service_tier", "top_logprobs", "truncation", "client_metadata", "routing_preferences",
    "routing_policy", *_STATE, *_LOST,
))  # fmt: skip


def decode_request(body: Json) -> Request:
    """Read a body that `validate` let pass; raises DownstreamError for what no other format can carry."""
    for field, why in _STATE.items():
        value = body.get(field)
        if value is not None and value is not False:
            refuse(field, why)
    text = optional(body, "text", dict) or {}
    warnings = _warnings(body)
    messages = _messages(body, warnings)
    tools, choice = decode_tools(body, additional_tools(body.get("input")), warnings)
    return Request(
        model=optional(body, "model", str) or "",
        messages=messages,
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=optional(body, "parallel_tool_calls", bool),
        max_tokens=optional(body, "max_output_tokens", int),
        temperature=number(body, "temperature"),
        top_p=number(body, "top_p"),
        reasoning=_reasoning(body),
        output=_output(text),
        stream=optional(body, "stream", bool) or False,
        include_usage=True,
        user=optional(body, "safety_identifier", str) or optional(body, "user", str),
        metadata=optional(body, "metadata", dict),
        service_tier=optional(body, "service_tier", str),
        verbosity=optional(text, "verbosity", str, "text."),
        logprobs=_logprobs(body),
        echo={field: body[field] for field in _ECHOED if body.get(field) is not None},
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _messages(body: Json, warnings: list[str]) -> list[Message]:
    given: Any = body.get("input")
    if not isinstance(given, str | list):
        refuse("input", "must be a string or a list of items")
    messages = decode_input(given, warnings)
    instructions = optional(body, "instructions", str)
    return [Message("system", [Text(instructions)]), *messages] if instructions else messages


def _reasoning(body: Json) -> Reasoning | None:
    asked = optional(body, "reasoning", dict)
    if not asked:
        return None
    effort = optional(asked, "effort", str, "reasoning.")
    summary = optional(asked, "summary", str, "reasoning.") or optional(asked, "generate_summary", str, "reasoning.")
    return Reasoning(enabled=effort != "none", effort=effort, summary=summary)


def _output(text: Json) -> OutputFormat | None:
    form = optional(text, "format", dict, "text.") or {}
    kind = form.get("type", "text")
    if kind == "text":
        return None
    if kind == "json_object":
        return OutputFormat("json_object")
    if kind != "json_schema":
        refuse("text.format.type", "must be `text`, `json_object` or `json_schema`")
    where = "text.format."
    return OutputFormat(
        "json_schema",
        name=required(form, "name", str, where),
        schema=required(form, "schema", dict, where),
        strict=optional(form, "strict", bool, where),
        description=optional(form, "description", str, where),
    )


def _logprobs(body: Json) -> int | None:
    """Return how many alternatives the client wants per token; 0 where it wants the tokens alone."""
    top = optional(body, "top_logprobs", int)
    wanted = _LOGPROBS in (optional(body, "include", list) or ())
    return top or 0 if wanted else top


def _warnings(body: Json) -> list[str]:
    lost = [f"{field} is left out" for field in _LOST if body.get(field) is not None]
    if body.get("truncation") == "auto":
        lost.append("truncation is left out")
    if body.get("store") is True:
        lost.append("store is left out: the answer cannot be fetched again")
    return [*lost, *unknown(body, _KNOWN)]
