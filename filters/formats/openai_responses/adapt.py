"""A Responses body for a model of another generation than its client knows: see `canonical/adapted`."""

from typing import Any, Final

from filters.context import Json
from filters.formats.canonical.adapted import Adapted, effort_taken
from filters.formats.canonical.effort import OFF
from filters.formats.canonical.request import ModelOptions
from filters.formats.canonical.same_format import adapt_calls
from filters.formats.openai_responses.places import PLACES
from filters.formats.openai_responses.request_encode import DIALECT

_SAMPLING: Final = ("temperature", "top_p")
_STATE: Final = "reasoning.encrypted_content"
_PREFIXES: Final = {"message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs"}
"""How the ids of items begin at OpenAI, by their types; another beginning is refused (openai/codex#14355)."""
_PLAIN: Final = ("metadata", "service_tier", "parallel_tool_calls")
_OF_CODEX: Final = "client_metadata"
_OF_CODEX_ITEMS: Final = "internal_chat_message_metadata_passthrough"
"""What Codex tells OpenAI of itself, in the body and in each item. No model reads it, so that nothing is lost."""


def adapt(body: Json, options: ModelOptions) -> Adapted:
    """Return what must change in a valid body."""
    adapted = Adapted(body)
    adapted.limit("max_output_tokens", options.max_tokens_limit)
    _reasoning(adapted, options)
    thinks = (adapted.get("reasoning") or {}).get("effort") not in {None, OFF}
    if not options.sampling:
        adapted.sampling(_SAMPLING, "the model refuses it")
    elif thinks and not options.sampling_with_reasoning:
        adapted.sampling(_SAMPLING, "the model refuses it beside reasoning")
    _refused(adapted, options)
    adapted.user("user", options.user_limit)
    adapted.user("safety_identifier", options.user_limit)
    adapted.user("prompt_cache_key", options.user_limit)
    if not options.any_calls:
        _ids_of_items(adapted)
    adapt_calls(adapted, options, DIALECT, PLACES)
    return adapted


def _ids_of_items(adapted: Adapted) -> None:
    """Take out ids of items that OpenAI did not give: it knows its own by how they begin."""
    items = adapted.get("input")
    if not isinstance(items, list):
        return
    new = [_without_foreign_id(item) for item in items]
    if any(old is not item for old, item in zip(items, new, strict=True)):
        adapted.put("input", new)


def _without_foreign_id(item: Any) -> Any:
    if not isinstance(item, dict) or not isinstance(ident := item.get("id"), str):
        return item
    kind = item.get("type", "message")
    begins = _PREFIXES.get(kind) if kind != "message" or item.get("role") == "assistant" else None
    if begins is None or ident.startswith(begins):
        return item
    return {name: value for name, value in item.items() if name != "id"}


def _reasoning(adapted: Adapted, options: ModelOptions) -> None:
    if not options.reasoning_effort:
        _without(adapted)
        return
    reasoning = adapted.get("reasoning")
    asked = reasoning.get("effort") if isinstance(reasoning, dict) else None
    if isinstance(asked, str):
        taken, warning = effort_taken(asked, options)
        if taken != asked:
            rest = {name: value for name, value in reasoning.items() if name != "effort"}
            adapted.put("reasoning", rest | ({"effort": taken} if taken else {}), warning)


def _without(adapted: Adapted) -> None:
    """Take out what only a model that reasons takes: the effort, the state to come, and the state of earlier turns."""
    adapted.drop("reasoning", "reasoning is left out: the model does not take it")
    include = adapted.get("include")
    if isinstance(include, list) and _STATE in include:
        adapted.put("include", [each for each in include if each != _STATE])
    items = adapted.get("input")
    if isinstance(items, list):
        kept = [item for item in items if not (isinstance(item, dict) and item.get("type") == "reasoning")]
        if len(kept) < len(items):
            adapted.put("input", kept, "earlier reasoning is left out: the model does not take it")


def _refused(adapted: Adapted, options: ModelOptions) -> None:
    for name in _PLAIN:
        if name in options.refused:
            adapted.drop(name, f"{name} is left out: the model or its server refuses it")
    if _OF_CODEX in options.refused:
        _without_codex(adapted)
    if "logprobs" in options.refused:
        adapted.drop("top_logprobs", "top_logprobs is left out: the model refuses it")
    text = adapted.get("text")
    if "verbosity" in options.refused and isinstance(text, dict) and "verbosity" in text:
        rest = {name: value for name, value in text.items() if name != "verbosity"}
        adapted.put("text", rest, "verbosity is left out: the model refuses it")


def _without_codex(adapted: Adapted) -> None:
    adapted.drop(_OF_CODEX)
    items = adapted.get("input")
    if isinstance(items, list) and any(isinstance(item, dict) and _OF_CODEX_ITEMS in item for item in items):
        adapted.put("input", [_plain(item) for item in items])


def _plain(item: Any) -> Any:
    return {name: value for name, value in item.items() if name != _OF_CODEX_ITEMS} if isinstance(item, dict) else item
