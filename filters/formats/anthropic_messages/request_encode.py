"""The neutral request, written as a Messages body that Anthropic accepts. Its rules are those of the API reference."""

from typing import Final

from filters.context import Json
from filters.formats.anthropic_messages.content_encode import encode_messages, tool_id
from filters.formats.anthropic_messages.schema import strict
from filters.formats.anthropic_messages.thinking import add_thinking
from filters.formats.canonical.custom_tools import as_function
from filters.formats.canonical.prepare import Dialect, prepared
from filters.formats.canonical.request import Encoded, ModelOptions, Request, Tool

DIALECT: Final = Dialect(
    name_limit=128, id_limit=64, user_limit=256, strict_rules=False, late_system=True, id_of=tool_id, plain_roots=True
)
"""Late system messages have rules of their own here; ids may be of any length."""
_MODES: Final = {"auto": "auto", "required": "any", "tool": "tool", "none": "none"}
_TIERS: Final = {"auto": "auto", "default": "standard_only", "standard_only": "standard_only"}
_LOST: Final = ("seed", "presence_penalty", "frequency_penalty", "logprobs", "verbosity", "metadata")


def encode_request(request: Request, options: ModelOptions) -> Encoded:
    """Write the body; raises DownstreamError where nothing is left to send."""
    ready = prepared(request, options, DIALECT)
    request, warnings = ready.request, ready.warnings
    warnings += [f"{field} is not known to Anthropic" for field in _LOST if getattr(request, field) is not None]
    system, messages = encode_messages(
        request.messages, warnings, late_system=options.late_system or options.developer_role
    )
    limit = _limit(request.max_tokens, options, warnings)
    body: Json = {"model": request.model, "max_tokens": limit, "messages": messages}
    if system:
        plain = all("cache_control" not in block for block in system)
        body["system"] = "\n\n".join(block["text"] for block in system) if plain else system
    _add_tools(body, request, warnings)
    _add_output(body, request, warnings)
    thinks = add_thinking(body, request, options, warnings)
    _add_sampling(body, request, warnings, refused=thinks or not options.sampling)
    _add_stop(body, request, warnings)
    _add_account(body, request, warnings)
    if request.stream:
        body["stream"] = True
    return Encoded(body, tuple(dict.fromkeys(warnings)), ready.tool_names)


def _limit(asked: int | None, options: ModelOptions, warnings: list[str]) -> int:
    ceiling = options.max_tokens_limit
    if asked is None:
        return options.max_tokens_default
    if ceiling is not None and asked > ceiling:
        warnings.append(f"max_tokens is lowered to {ceiling}, the most that the model takes")
        return ceiling
    return asked


def _add_tools(body: Json, request: Request, warnings: list[str]) -> None:
    if not request.tools:
        return
    body["tools"] = [_tool(tool) for tool in request.tools]
    if any(tool.custom for tool in request.tools):
        warnings.append("custom tools are sent as functions of one string")
    choice, one = request.tool_choice, request.parallel_tool_calls is False
    if choice is None and not one:
        return
    mode = choice.mode if choice else "auto"
    body["tool_choice"] = {"type": _MODES[mode]}
    if choice and mode == "tool":
        body["tool_choice"]["name"] = choice.name
    if one and mode != "none":
        body["tool_choice"]["disable_parallel_tool_use"] = True


def _tool(tool: Tool) -> Json:
    given = as_function(tool) if tool.custom else tool
    schema = given.schema or {"type": "object", "properties": {}}
    out: Json = {"name": given.name, "input_schema": strict(schema) if given.strict else schema}
    if given.description:
        out["description"] = given.description
    if given.strict:
        out["strict"] = True
    if given.cache is not None:
        out["cache_control"] = given.cache
    return out


def _add_output(body: Json, request: Request, warnings: list[str]) -> None:
    if request.output is None:
        return
    if request.output.schema is None:
        warnings.append("any JSON object as output is not known to Anthropic: give a schema, or ask for it in words")
        return
    body["output_config"] = {"format": {"type": "json_schema", "schema": strict(request.output.schema)}}


def _add_sampling(body: Json, request: Request, warnings: list[str], *, refused: bool) -> None:
    """Write temperature, top_p and top_k. Newer models take temperature or top_p, not both."""
    asked = {name: value for name in ("temperature", "top_p", "top_k") if (value := getattr(request, name)) is not None}
    if refused:
        lost = [name for name, value in asked.items() if value != 1]
        if lost:
            warnings.append(f"{', '.join(lost)} left out, since the model or its thinking refuses sampling settings")
        return
    if "temperature" in asked and asked.pop("top_p", 1) != 1:
        warnings.append("top_p is left out, since Anthropic takes temperature or top_p")
    if asked.get("temperature", 0) > 1:
        asked["temperature"] = 1.0
        warnings.append("temperature is 1.0, Anthropic's highest")
    body.update(asked)


def _add_stop(body: Json, request: Request, warnings: list[str]) -> None:
    stop = [text for text in request.stop if text.strip()]
    if len(stop) < len(request.stop):
        warnings.append("stop sequences of white space alone are left out, since Anthropic refuses them")
    if stop:
        body["stop_sequences"] = stop


def _add_account(body: Json, request: Request, warnings: list[str]) -> None:
    if request.user:
        body["metadata"] = {"user_id": request.user}
    if request.service_tier:
        tier = _TIERS.get(request.service_tier)
        if tier:
            body["service_tier"] = tier
        else:
            warnings.append("the service tier is not one that Anthropic knows")
