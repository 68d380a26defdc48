"""A request of the neutral form, written as a Responses body for a provider.

Nothing is kept on the provider's side (`store: false`); reasoning comes back as its encrypted state instead, so that
the next request can carry it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical import custom_tools
from filters.formats.canonical.adapted import effort_taken
from filters.formats.canonical.effort import OFF, effort_of
from filters.formats.canonical.prepare import Dialect, prepared
from filters.formats.canonical.request import (
    Encoded,
    Message,
    ModelOptions,
    OutputFormat,
    Reasoning,
    Request,
    Text,
    Thought,
)
from filters.formats.canonical.seal import OPENAI
from filters.formats.openai_responses.input_encode import encode_input
from filters.formats.openai_responses.tools import encode_choice, encode_tool

_LEAST_TOKENS: Final = 16
"""OpenAI refuses a smaller `max_output_tokens`; clients send 1 to see whether a model is there."""
DIALECT: Final = Dialect(name_limit=64, id_limit=64, user_limit=64, late_system=True)
"""OpenAI refuses longer names, ids of tool calls and ids of users."""
_METADATA: Final = (16, 64, 512)
"""How many entries OpenAI takes, and how many characters of a key and of a value."""
_SERVICE_TIERS: Final = frozenset(("auto", "default", "flex", "scale", "priority", "fast"))
_WITHOUT_REASONING: Final = ("gpt-3", "gpt-4", "gpt-5-chat", "chatgpt-")
"""OpenAI's models that refuse `include: ["reasoning.encrypted_content"]`."""
_UNSAYABLE: Final = ("top_k", "seed", "presence_penalty", "frequency_penalty")


def encode_request(request: Request, options: ModelOptions) -> Encoded:
    """Write a provider's body; raises DownstreamError for what Responses cannot say."""
    ready = prepared(request, options, DIALECT)
    request, warnings = ready.request, ready.warnings
    warnings += [f"{name} is left out" for name in _UNSAYABLE if getattr(request, name) is not None]
    if request.stop:
        warnings.append("stop is left out: the Responses API has no stop sequences")
    instructions, messages = _instructions(request.messages)
    items = encode_input(messages, options, warnings)
    body: Json = {"model": request.model, "input": items, "store": False}
    _put(body, "instructions", instructions)
    _put_tools(body, request, options)
    _put(body, "reasoning", _reasoning(request.reasoning, options, warnings))
    _put_limits(body, request, options, warnings)
    _put(body, "text", _text(request))
    _put(body, "include", _include(request, options))
    _put(body, "metadata", _metadata(request.metadata, warnings))
    _put(body, "user", request.user)
    if request.stream:
        body["stream"] = True
    return Encoded(body, tuple(dict.fromkeys(warnings)), ready.tool_names)


def _put(body: Json, field: str, value: Any) -> None:
    if value is not None:
        body[field] = value


def _instructions(messages: Sequence[Message]) -> tuple[str | None, Sequence[Message]]:
    """Take the system messages that begin the conversation; later ones stay where they are."""
    count = next((index for index, message in enumerate(messages) if message.role != "system"), len(messages))
    texts = [part.text for message in messages[:count] for part in message.parts if isinstance(part, Text)]
    return "\n\n".join(text for text in texts if text) or None, messages[count:]


def _put_tools(body: Json, request: Request, options: ModelOptions) -> None:
    if not request.tools:
        return
    body["tools"] = [encode_tool(tool, options) for tool in request.tools]
    if request.tool_choice is not None:
        custom = custom_tools.names(request.tools) if options.custom_tools else frozenset()
        body["tool_choice"] = encode_choice(request.tool_choice, custom)
    _put(body, "parallel_tool_calls", request.parallel_tool_calls)


def _put_limits(body: Json, request: Request, options: ModelOptions, warnings: list[str]) -> None:
    if request.max_tokens is not None:
        body["max_output_tokens"] = _limit(request.max_tokens, options, warnings)
    thinks = (body.get("reasoning") or {}).get("effort", OFF) != OFF
    if options.sampling and (options.sampling_with_reasoning or not thinks):
        _put(body, "temperature", request.temperature)
        _put(body, "top_p", request.top_p)
    else:
        given = {"temperature": request.temperature, "top_p": request.top_p}
        lost = [name for name, value in given.items() if value not in (None, 1)]
        warnings.extend(f"{name} is left out: the model refuses it" for name in lost)
    _put(body, "top_logprobs", request.logprobs)
    tier = {"standard_only": "default"}.get(request.service_tier or "", request.service_tier)
    if tier in _SERVICE_TIERS:
        body["service_tier"] = tier
    elif tier is not None:
        warnings.append("service_tier is left out")


def _limit(asked: int, options: ModelOptions, warnings: list[str]) -> int:
    ceiling = options.max_tokens_limit
    if ceiling is not None and asked > ceiling:
        warnings.append(f"max_output_tokens is lowered to {ceiling}, the most that the model takes")
        return ceiling
    return max(asked, _LEAST_TOKENS)


def _reasoning(asked: Reasoning | None, options: ModelOptions, warnings: list[str]) -> Json | None:
    """Write how much to think. Who sets a budget, as Anthropic's clients do, expects to see the thinking: a summary."""
    if asked is None or (not asked.enabled and asked.effort is None):
        return None
    if not options.reasoning_effort:
        warnings.append("reasoning is left out: the model does not take it")
        return None
    wanted: Json = {}
    effort = asked.effort if asked.budget_tokens is None or asked.effort else effort_of(asked.budget_tokens)
    taken, warning = effort_taken(effort, options) if effort else (None, None)
    _put(wanted, "effort", taken)
    if warning:
        warnings.append(warning)
    shown = asked.budget_tokens is not None or asked.adaptive
    _put(wanted, "summary", asked.summary or ("auto" if shown and asked.enabled else None))
    return wanted or None


def _metadata(given: Json | None, warnings: list[str]) -> Json | None:
    """Return the metadata that OpenAI takes: few entries, all of them short texts."""
    entries, longest_key, longest = _METADATA
    kept = {key: value for key, value in (given or {}).items() if len(key) <= longest_key}
    kept = {key: str(value)[:longest] for key, value in list(kept.items())[:entries]}
    if kept != (given or {}):
        warnings.append(f"metadata: {entries} entries of {longest_key} and {longest} characters are sent at most")
    return kept or None


def _text(request: Request) -> Json | None:
    text: Json = {}
    if request.output is not None:
        text["format"] = _format(request.output)
    _put(text, "verbosity", request.verbosity)
    return text or None


def _format(output: OutputFormat) -> Json:
    if output.kind == "json_object":
        return {"type": "json_object"}
    form: Json = {"type": "json_schema", "name": output.name or "answer", "schema": output.schema or {}}
    _put(form, "description", output.description)
    form["strict"] = output.strict or False
    return form


def _include(request: Request, options: ModelOptions) -> list[str] | None:
    wanted = ["reasoning.encrypted_content"] if _may_reason(request, options) else []
    if request.logprobs is not None:
        wanted.append("message.output_text.logprobs")
    return wanted or None


def _may_reason(request: Request, options: ModelOptions) -> bool:
    if any(part.vendor == OPENAI for part in _thoughts(request.messages)):
        return True
    off = request.reasoning is not None and not request.reasoning.enabled
    bare = request.model.rpartition("/")[2]
    return options.reasoning_effort and not off and not bare.startswith(_WITHOUT_REASONING)


def _thoughts(messages: Iterable[Message]) -> Iterable[Thought]:
    return (part for message in messages for part in message.parts if isinstance(part, Thought))
