"""A Messages body for a Claude of another generation than its client knows: see `canonical/adapted`.

How thinking is asked for changed with the generations: by a budget of tokens, then by an effort alone
(`thinking: adaptive`). Newer models refuse sampling settings, older ones system messages after the first.
"""

from typing import Final

from filters.context import Json
from filters.formats.anthropic_messages.places import PLACES
from filters.formats.anthropic_messages.request_encode import DIALECT
from filters.formats.anthropic_messages.thinking import BUDGETS, loop_is_signed
from filters.formats.canonical.adapted import Adapted, effort_taken
from filters.formats.canonical.effort import effort_of
from filters.formats.canonical.prefill import adapt_prefill, ends_with_text
from filters.formats.canonical.request import ModelOptions
from filters.formats.canonical.same_format import adapt_calls

_SAMPLING: Final = ("temperature", "top_p", "top_k")
_LEAST_BUDGET: Final = 1024
_OFF: Final = "thinking is off for this call: "
_ADAPTIVE: Final = "adaptive"


def adapt(body: Json, options: ModelOptions) -> Adapted:
    """Return what must change in a valid body."""
    adapted = Adapted(body)
    adapted.limit("max_tokens", options.max_tokens_limit)
    if not options.late_system:
        _fold_system(adapted)
    adapt_prefill(adapted, options)
    _effort(adapted, options)
    _thinking(adapted, options)
    _sampling(adapted, options)
    adapt_calls(adapted, options, DIALECT, PLACES)
    return adapted


def _sampling(adapted: Adapted, options: ModelOptions) -> None:
    if not options.sampling:
        adapted.sampling(_SAMPLING, "the model refuses it")
    elif not options.both_sampling and adapted.get("temperature") is not None:
        adapted.sampling(("top_p",), "the model takes it or a temperature")


def _effort(adapted: Adapted, options: ModelOptions) -> None:
    config = adapted.get("output_config")
    asked = config.get("effort") if isinstance(config, dict) else None
    if not isinstance(asked, str):
        return
    taken, warning = effort_taken(asked, options)
    if taken != asked:
        _set_effort(adapted, taken, warning)


def _set_effort(adapted: Adapted, effort: str | None, warning: str | None) -> None:
    rest = {name: value for name, value in (adapted.get("output_config") or {}).items() if name != "effort"}
    if effort is not None:
        rest["effort"] = effort
    if rest:
        adapted.put("output_config", rest, warning)
    else:
        adapted.drop("output_config", warning)


def _thinking(adapted: Adapted, options: ModelOptions) -> None:
    thinking = adapted.get("thinking")
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    if kind == "disabled":
        if not (options.thinking_off and options.thinking):
            adapted.drop("thinking", "thinking cannot be switched off in this model" if options.thinking else None)
    elif kind is not None and not options.thinking:
        _without(adapted, "the model has no extended thinking")
    elif kind is not None and _forces_a_tool(adapted):
        _without(adapted, "the call forces a tool")
    elif kind is not None and ends_with_text(adapted.get("messages")):
        _without(adapted, "the last message is the assistant's")
    elif kind == "enabled" and options.adaptive_thinking:
        _by_effort(adapted, thinking, options)
    elif kind == _ADAPTIVE and not options.adaptive_thinking:
        _by_budget(adapted)


def _forces_a_tool(adapted: Adapted) -> bool:
    return (adapted.get("tool_choice") or {}).get("type") in {"any", "tool"}


def _by_effort(adapted: Adapted, thinking: Json, options: ModelOptions) -> None:
    kept = {name: value for name, value in thinking.items() if name not in {"type", "budget_tokens"}}
    adapted.put("thinking", {"type": _ADAPTIVE, **kept}, "the thinking budget is sent as an effort")
    config, budget = adapted.get("output_config") or {}, thinking.get("budget_tokens")
    if "effort" not in config and isinstance(budget, int):
        taken, _ = effort_taken(effort_of(budget), options)
        _set_effort(adapted, taken, None)


def _by_budget(adapted: Adapted) -> None:
    """Give a model that thinks by a budget the one that the effort says, within `max_tokens`."""
    asked = (adapted.body.get("output_config") or {}).get("effort", "medium")
    limit = adapted.get("max_tokens")
    budget = min(BUDGETS.get(asked, BUDGETS["medium"]), limit * 3 // 4 if isinstance(limit, int) else _LEAST_BUDGET)
    if budget < _LEAST_BUDGET:
        _without(adapted, "max_tokens leaves no room for it")
    elif not loop_is_signed(adapted.get("messages")):
        _without(adapted, "the tool loop that is going on has no thinking signed by Anthropic")
    else:
        adapted.put("thinking", {"type": "enabled", "budget_tokens": budget}, "the effort is sent as a thinking budget")
        adapted.sampling(_SAMPLING, "thinking refuses it")


def _without(adapted: Adapted, why: str) -> None:
    """Take the thinking out, and with it what may only be said beside it."""
    adapted.drop("thinking", _OFF + why)
    management = adapted.get("context_management")
    edits = management.get("edits") if isinstance(management, dict) else None
    if not isinstance(edits, list):
        return
    kept = [edit for edit in edits if not str(edit.get("type", "")).startswith("clear_thinking")]
    if not kept:
        adapted.drop("context_management")
    elif len(kept) < len(edits):
        adapted.put("context_management", {**management, "edits": kept})


def _fold_system(adapted: Adapted) -> None:
    """Let the user say what a system message after the first says: at the end of the turn before it, or of its own."""
    messages: list[Json] = adapted.get("messages")
    if all(message["role"] != "system" for message in messages):
        return
    folded: list[Json] = []
    for message in messages:
        said = _blocks(message) if message["role"] == "system" else None
        if said is None:
            folded.append(message)
        elif folded and folded[-1]["role"] == "user":
            folded[-1] = {**folded[-1], "content": _blocks(folded[-1]) + said}
        else:
            folded.append({"role": "user", "content": said})
    adapted.put("messages", _joined(folded), "system messages after the first are said by the user")


def _blocks(message: Json) -> list[Json]:
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(content or [])


def _joined(messages: list[Json]) -> list[Json]:
    """Join a turn of the user to one that was made before it, so that results of tools stand at its beginning."""
    joined: list[Json] = []
    for message in messages:
        if joined and joined[-1]["role"] == "user" == message["role"]:
            both = _blocks(joined[-1]) + _blocks(message)
            results = [block for block in both if block.get("type") == "tool_result"]
            others = [block for block in both if block.get("type") != "tool_result"]
            joined[-1] = {"role": "user", "content": results + others}
        elif message.get("content") != []:
            joined.append(message)
    return joined
