"""A caller's Messages body, read into the neutral form."""

from typing import Final, Literal, cast

from filters.context import Json
from filters.formats.anthropic_messages.content_decode import read_content
from filters.formats.anthropic_messages.threads import refuse_thread
from filters.formats.anthropic_messages.tools_decode import decode_tools
from filters.formats.canonical.fields import number, optional, refuse
from filters.formats.canonical.request import Message, OutputFormat, Reasoning, Request, ToolChoice
from filters.formats.canonical.signatures import at_calls
from filters.formats.canonical.unknown import unknown

_OWN: Final = "is run by Anthropic's own servers and cannot be carried to another provider"
_REFUSED: Final = ("container", "mcp_servers")
_LOST: Final = (
    "cache_control", "context_management", "diagnostics", "inference_geo", "speed", "user_profile_id", "workspace_id",
)  # fmt: skip
_KNOWN: Final = frozenset({
    "model", "messages", "system", "max_tokens", "metadata", "stop_sequences", "stream", "temperature", "thinking",
    "tool_choice", "tools", "top_k", "top_p", "service_tier", "output_config", "output_format", "betas", "thread",
    "routing_preferences", "routing_policy", *_REFUSED, *_LOST,
})  # fmt: skip
_MODES: Final = {"auto": "auto", "any": "required", "tool": "tool", "none": "none"}
_TIERS: Final = {"standard_only": "default"}


def decode_request(body: Json) -> Request:
    """Read a body; raises DownstreamError for what only Anthropic can do and for fields of the wrong type."""
    for field in _REFUSED:
        if body.get(field):
            refuse(field, _OWN)
    refuse_thread(body)
    warnings = [f"{field} is not carried to another provider" for field in _LOST if body.get(field) is not None]
    warnings += unknown(body, _KNOWN)
    choice = optional(body, "tool_choice", dict) or {}
    metadata = optional(body, "metadata", dict) or {}
    tier = optional(body, "service_tier", str)
    return Request(
        model=body.get("model") or "",
        messages=_messages(body, warnings),
        tools=decode_tools(body, optional(body, "tools", list) or [], warnings),
        tool_choice=_tool_choice(choice),
        parallel_tool_calls=False if choice.get("disable_parallel_tool_use") is True else None,
        max_tokens=body.get("max_tokens"),
        temperature=number(body, "temperature"),
        top_p=number(body, "top_p"),
        top_k=optional(body, "top_k", int),
        stop=_stop(body),
        reasoning=_reasoning(body, warnings),
        output=_output(body),
        stream=body.get("stream") is True,
        include_usage=True,
        user=optional(metadata, "user_id", str, "metadata."),
        service_tier=_TIERS.get(tier, tier) if tier else None,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _stop(body: Json) -> list[str]:
    stop = optional(body, "stop_sequences", list) or []
    for index, text in enumerate(stop):
        if not isinstance(text, str):
            refuse(f"stop_sequences[{index}]", "must be a string")
    return stop


def _messages(body: Json, warnings: list[str]) -> list[Message]:
    messages = []
    if system := body.get("system"):
        messages.append(Message("system", read_content(system, "system", warnings)))
    for index, message in enumerate(optional(body, "messages", list) or []):
        role = message.get("role")
        if role not in ("user", "assistant", "system"):
            refuse(f"messages[{index}].role", "must be 'user', 'assistant' or 'system'")
        parts = at_calls(read_content(message.get("content"), f"messages[{index}].content", warnings))
        if parts or not message.get("content"):
            messages.append(Message(cast("Literal['system', 'user', 'assistant']", role), parts))
    if messages and messages[-1].role == "assistant":
        warnings.append("the last message is the assistant's: another provider may begin anew instead of going on")
    return messages


def _tool_choice(choice: Json) -> ToolChoice | None:
    if not choice:
        return None
    mode = _MODES.get(str(choice.get("type")))
    if mode is None or (mode == "tool" and not isinstance(choice.get("name"), str)):
        refuse("tool_choice", "must be of type 'auto', 'any', 'none', or 'tool' with a name")
    return ToolChoice(cast("Literal['auto', 'none', 'required', 'tool']", mode), choice.get("name"))


def _reasoning(body: Json, warnings: list[str]) -> Reasoning | None:
    """Read `thinking` and `output_config.effort`, which Anthropic keeps apart."""
    thinking = optional(body, "thinking", dict) or {}
    effort = optional(optional(body, "output_config", dict) or {}, "effort", str, "output_config.")
    kind = thinking.get("type")
    if kind == "between_tools":
        warnings.append("thinking between tools alone is sent as thinking at will")
    elif kind not in (None, "enabled", "disabled", "adaptive"):
        refuse("thinking.type", "must be 'enabled', 'disabled' or 'adaptive'")
    if not kind and not effort:
        return None
    return Reasoning(
        enabled=kind != "disabled",
        effort=effort,
        budget_tokens=optional(thinking, "budget_tokens", int, "thinking."),
        adaptive=kind in ("adaptive", "between_tools"),
        summary="auto" if thinking.get("display") == "summarized" else None,
    )


def _output(body: Json) -> OutputFormat | None:
    """Read the schema of the answer, also from where older SDKs put it (`output_format`)."""
    wanted = (optional(body, "output_config", dict) or {}).get("format") or body.get("output_format")
    if wanted is None:
        return None
    schema = wanted.get("schema") if isinstance(wanted, dict) else None
    if not isinstance(schema, dict) or wanted.get("type") != "json_schema":
        refuse("output_config.format", "must be of type 'json_schema' with a schema")
    return OutputFormat("json_schema", name="answer", schema=schema, strict=True)
