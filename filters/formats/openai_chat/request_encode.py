"""A request of the neutral form, written for a Chat Completions server."""

from typing import Final

from filters.context import Json
from filters.formats.canonical.request import Encoded, ModelOptions, OutputFormat, Reasoning, Request
from filters.formats.openai_chat.messages_encode import encode_messages
from filters.formats.openai_chat.tools import encode_choice, encode_tools

_SAMPLING: Final = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
_PLAIN: Final = ("seed", "user", "metadata", "verbosity")
_TIERS: Final = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})
_EFFORTS: Final = ((2048, "low"), (16384, "medium"))
"""Up to how many tokens of thinking which effort says about the same; above them all, `high`."""


def encode_request(request: Request, options: ModelOptions) -> Encoded:
    """Write a provider's body; raises DownstreamError for what this format cannot say.

    The warnings are those of this step alone, without `request.warnings`.
    """
    warnings: list[str] = []
    body: Json = {"model": request.model, "messages": encode_messages(request.messages, options, warnings)}
    _add_tools(body, request, options, warnings)
    _add_sampling(body, request, options, warnings)
    body.update({name: value for name in _PLAIN if (value := getattr(request, name)) is not None})
    if request.max_tokens is not None:
        body[options.max_tokens_field] = request.max_tokens
    if request.stop:
        body["stop"] = list(request.stop)
    if request.output is not None:
        body["response_format"] = _response_format(request.output)
    if request.reasoning is not None:
        _add_reasoning(body, request.reasoning, options, warnings)
    _add_tier(body, request.service_tier, warnings)
    if request.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return Encoded(body, tuple(dict.fromkeys(warnings)))


def _add_tools(body: Json, request: Request, options: ModelOptions, warnings: list[str]) -> None:
    """Add the tools and what is said about them, which OpenAI refuses where there are none."""
    if not request.tools:
        return
    body["tools"] = encode_tools(request.tools, options)
    if request.tool_choice is not None:
        body["tool_choice"] = encode_choice(request.tool_choice, request.tools, options)
    if request.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = request.parallel_tool_calls
    if any(tool.cache for tool in request.tools):
        warnings.append("cache_control is dropped")


def _add_sampling(body: Json, request: Request, options: ModelOptions, warnings: list[str]) -> None:
    if request.top_k is not None:
        warnings.append("top_k is dropped")
    for name in _SAMPLING:
        value = getattr(request, name)
        if value is not None and options.sampling:
            body[name] = value
        elif value is not None:
            warnings.append(f"{name} is dropped")
    if request.logprobs is not None:
        body["logprobs"] = True
        if request.logprobs:
            body["top_logprobs"] = request.logprobs


def _add_reasoning(body: Json, reasoning: Reasoning, options: ModelOptions, warnings: list[str]) -> None:
    effort = reasoning.effort
    if effort is None and reasoning.enabled and reasoning.budget_tokens is not None:
        budget = reasoning.budget_tokens
        effort = next((name for limit, name in _EFFORTS if budget <= limit), "high")
    if effort is None:
        return
    if options.reasoning_effort:
        body["reasoning_effort"] = effort
    elif reasoning.enabled:
        warnings.append("the reasoning effort is dropped")


def _add_tier(body: Json, tier: str | None, warnings: list[str]) -> None:
    if tier in _TIERS:
        body["service_tier"] = tier
    elif tier is not None:
        warnings.append("service_tier is dropped")


def _response_format(output: OutputFormat) -> Json:
    if output.kind == "json_object":
        return {"type": "json_object"}
    schema: Json = {"name": output.name or "answer"}
    for name in ("description", "schema", "strict"):
        if (value := getattr(output, name)) is not None:
            schema[name] = value
    return {"type": "json_schema", "json_schema": schema}
