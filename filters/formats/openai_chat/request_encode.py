"""A request of the neutral form, written for a Chat Completions server."""

from typing import Final

from filters.context import Json
from filters.formats.canonical.adapted import effort_taken
from filters.formats.canonical.effort import OFF, effort_of
from filters.formats.canonical.prepare import Dialect, prepared
from filters.formats.canonical.request import Encoded, ModelOptions, OutputFormat, Reasoning, Request
from filters.formats.openai_chat.messages_encode import encode_messages
from filters.formats.openai_chat.tools import encode_choice, encode_tools

_SAMPLING: Final = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}
"""Sampling settings, and what each is where none is given: to leave that out is no loss."""
_BY_REASONING: Final = ("temperature", "top_p")
"""What some models refuse in a request that asks for reasoning."""
_PLAIN: Final = ("seed", "user", "metadata", "verbosity")
_TIERS: Final = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})
DIALECT: Final = Dialect(name_limit=64, id_limit=40, user_limit=64)
"""OpenAI refuses longer names, ids of tool calls and ids of users."""
_BESIDE_TOOLS: Final = "the reasoning effort is left out: Chat Completions takes none beside tools for this model"


def encode_request(request: Request, options: ModelOptions) -> Encoded:
    """Write a provider's body; raises DownstreamError for what this format cannot say.

    The warnings are those of this step alone, without `request.warnings`.
    """
    ready = prepared(request, options, DIALECT)
    request, warnings = ready.request, ready.warnings
    body: Json = {"model": request.model, "messages": encode_messages(request.messages, options, warnings)}
    _add_tools(body, request, options, warnings)
    _add_reasoning(body, request, options, warnings)
    _add_sampling(body, request, options, warnings)
    body.update({name: value for name in _PLAIN if (value := getattr(request, name)) is not None})
    if options.stored_metadata and body.pop("metadata", None) is not None:
        warnings.append("metadata is dropped")
    _add_limit(body, request.max_tokens, options, warnings)
    if request.stop:
        body["stop"] = list(request.stop)
    if request.output is not None:
        body["response_format"] = _response_format(request.output)
    _add_tier(body, request.service_tier, warnings)
    if request.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return Encoded(body, tuple(dict.fromkeys(warnings)), ready.tool_names)


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
    for name, default in _SAMPLING.items():
        value = getattr(request, name)
        thinks = body.get("reasoning_effort", OFF) != OFF
        refused = not options.sampling or (thinks and not options.sampling_with_reasoning and name in _BY_REASONING)
        if value is not None and not refused:
            body[name] = value
        elif value not in (None, default):
            warnings.append(f"{name} is dropped")
    if request.logprobs is not None:
        body["logprobs"] = True
        if request.logprobs:
            body["top_logprobs"] = request.logprobs


def _add_limit(body: Json, limit: int | None, options: ModelOptions, warnings: list[str]) -> None:
    if limit is None:
        return
    ceiling = options.max_tokens_limit
    if ceiling is not None and limit > ceiling:
        warnings.append(f"{options.max_tokens_field} is lowered to {ceiling}, the most that the model takes")
        limit = ceiling
    body[options.max_tokens_field] = limit


def _add_reasoning(body: Json, request: Request, options: ModelOptions, warnings: list[str]) -> None:
    effort = _effort(request.reasoning, options)
    if options.effort_with_tools != "any" and request.tools:
        if effort != OFF and (effort is not None or options.effort_with_tools == OFF):
            warnings.append(_BESIDE_TOOLS)
        effort = OFF if OFF in {effort, options.effort_with_tools} else None
    if effort is None:
        return
    taken, warning = effort_taken(effort, options)
    if taken is not None:
        body["reasoning_effort"] = taken
    if warning:
        warnings.append(warning)


def _effort(reasoning: Reasoning | None, options: ModelOptions) -> str | None:
    """Return the effort that was asked for, in a word or as a budget; None where it is left to the model."""
    if reasoning is None:
        return None
    if reasoning.effort is None and not reasoning.enabled:
        return OFF if OFF in options.efforts else None
    if reasoning.effort is None and reasoning.budget_tokens is not None:
        return effort_of(reasoning.budget_tokens)
    return reasoning.effort


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
