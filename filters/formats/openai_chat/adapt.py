"""A Chat Completions body for a model or server of another kind than its client knows: see `canonical/adapted`."""

from collections.abc import Iterable
from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.adapted import Adapted, effort_taken
from filters.formats.canonical.effort import OFF
from filters.formats.canonical.prefill import adapt_prefill
from filters.formats.canonical.request import ModelOptions
from filters.formats.canonical.same_format import adapt_calls
from filters.formats.openai_chat.messages_encode import unknown_thinking
from filters.formats.openai_chat.places import PLACES
from filters.formats.openai_chat.request_encode import DIALECT

_SAMPLING: Final = ("temperature", "top_p")
_LIMITS: Final = ("max_tokens", "max_completion_tokens")
_SYSTEM: Final = frozenset({"system", "developer"})
_BESIDE: Final = {"logprobs": ("top_logprobs",), "service_tier": ("store",)}
"""What is refused along with a field."""
_OF_ANSWERS: Final = ("audio", "refusal", "function_call")
"""Members that OpenAI's answers have, and that mostly are null."""
_BESIDE_TOOLS: Final = "the reasoning effort is left out: Chat Completions takes none beside tools for this model"
_NO_SIGNATURE: Final = {"google": {"thought_signature": "skip_thought_signature_validator"}}
"""What Gemini takes in place of the signature of a call that another model made (ai.google.dev: thought signatures)."""


def adapt(body: Json, options: ModelOptions) -> Adapted:
    """Return what must change in a valid body."""
    adapted = Adapted(body)
    _limit(adapted, options)
    _effort(adapted, options)
    if not options.sampling:
        adapted.sampling(_SAMPLING, "the model refuses it")
    elif not options.sampling_with_reasoning and adapted.get("reasoning_effort") not in {None, OFF}:
        adapted.sampling(_SAMPLING, "the model refuses it beside reasoning")
    _refused(adapted, options)
    _stop(adapted, options.stop_limit)
    adapted.user("user", options.user_limit)
    adapted.user("safety_identifier", options.user_limit)
    adapted.user("prompt_cache_key", options.user_limit)
    if options.stored_metadata and not adapted.get("store"):
        adapted.drop("metadata", "metadata is left out: the server takes it for stored answers alone")
    _messages(adapted, options)
    adapt_prefill(adapted, options)
    adapt_calls(adapted, options, DIALECT, PLACES)
    _without_tools(adapted)
    return adapted


def _without_tools(adapted: Adapted) -> None:
    """Take out an empty list of tools, and what OpenAI refuses to be told of tools where there are none."""
    if adapted.get("tools"):
        return
    for name in ("tools", "tool_choice", "parallel_tool_calls"):
        adapted.drop(name)


def _limit(adapted: Adapted, options: ModelOptions) -> None:
    """Call the limit what the server calls it, and keep it within what the model takes."""
    wanted = options.max_tokens_field
    other = next(name for name in _LIMITS if name != wanted)
    if adapted.get(other) is not None:
        if adapted.get(wanted) is None:
            adapted.put(wanted, adapted.get(other))
        adapted.drop(other)
    adapted.limit(wanted, options.max_tokens_limit)


def _effort(adapted: Adapted, options: ModelOptions) -> None:
    asked = adapted.get("reasoning_effort")
    if options.effort_with_tools != "any" and adapted.get("tools"):
        _effort_beside_tools(adapted, options)
    elif isinstance(asked, str):
        taken, warning = effort_taken(asked, options)
        if taken is None:
            adapted.drop("reasoning_effort", warning)
        elif taken != asked:
            adapted.put("reasoning_effort", taken, warning)


def _effort_beside_tools(adapted: Adapted, options: ModelOptions) -> None:
    if adapted.get("reasoning_effort") == OFF:
        return
    if options.effort_with_tools == OFF:
        adapted.put("reasoning_effort", OFF, _BESIDE_TOOLS)
    else:
        adapted.drop("reasoning_effort", _BESIDE_TOOLS)


def _refused(adapted: Adapted, options: ModelOptions) -> None:
    for name in sorted(options.refused):
        adapted.drop(name, f"{name} is left out: the model or its server refuses it")
        for beside in _BESIDE.get(name, ()):
            adapted.drop(beside)


def _stop(adapted: Adapted, limit: int | None) -> None:
    stop = adapted.get("stop")
    if limit is None or stop is None:
        return
    if limit == 0:
        adapted.drop("stop", "stop is left out: the model refuses it")
    elif isinstance(stop, list) and len(stop) > limit:
        adapted.put("stop", stop[:limit], f"stop has {limit} sequences, the most that the server takes")


def _messages(adapted: Adapted, options: ModelOptions) -> None:
    given: list[Json] = adapted.get("messages")
    messages = list(given)
    warning = None
    if not options.late_system and any(message["role"] in _SYSTEM for message in _after_the_first(messages)):
        messages, warning = _folded(messages), "system messages after the first are joined to it"
    messages = [_message(message, options) for message in messages]
    if any(new is not old for new, old in zip(messages, given, strict=False)) or len(messages) != len(given):
        adapted.put("messages", messages, warning)


def _after_the_first(messages: list[Json]) -> Iterable[Json]:
    begun = messages[0]["role"] in _SYSTEM if messages else False
    return messages[1:] if begun else messages


def _folded(messages: list[Json]) -> list[Json]:
    """Join all that the system says, at the beginning: strict chat templates take it nowhere else."""
    said = [message for message in messages if message["role"] in _SYSTEM]
    texts = "\n\n".join(text for message in said for text in _texts(message.get("content")) if text)
    rest = [message for message in messages if message["role"] not in _SYSTEM]
    return [{"role": said[0]["role"], "content": texts}, *rest]


def _texts(content: Any) -> Iterable[str]:
    if isinstance(content, str):
        return (content,)
    parts = content if isinstance(content, list) else []
    return (part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))


def _message(message: Json, options: ModelOptions) -> Json:
    """Return a message as the server takes it; the message itself where it takes it as it is."""
    role = message["role"]
    if role == "developer" and not options.developer_role:
        return {**message, "role": "system"}
    if role != "assistant":
        return message
    calls, new = message.get("tool_calls"), _as_said(message, options)
    return _with_calls(new, calls, options) if isinstance(calls, list) and calls else new


def _as_said(message: Json, options: ModelOptions) -> Json:
    """Return what an assistant said without members of answers that the server refuses in a conversation.

    Groq and Cerebras refuse reasoning there (janhq/jan#8136, anomalyco/opencode#33413), and whatever they do not know.
    """
    lost: set[str] = set()
    if not options.reasoning_details:
        lost.add("reasoning_details")
    if not (options.reasoning_content or options.reasoning_content_required):
        lost |= {"reasoning_content", "reasoning"}
    if "annotations" in options.refused:
        lost |= {"annotations", *(name for name in _OF_ANSWERS if message.get(name) is None)}
    return {name: value for name, value in message.items() if name not in lost} if lost & set(message) else message


def _with_calls(message: Json, calls: list[Json], options: ModelOptions) -> Json:
    new = message
    if options.thought_signatures and not calls[0].get("extra_content"):
        new = {**new, "tool_calls": [{**calls[0], "extra_content": _NO_SIGNATURE}, *calls[1:]]}
    if options.reasoning_content_required and not message.get("reasoning_content"):
        new = {**new, "reasoning_content": unknown_thinking(calls)}
    return new
