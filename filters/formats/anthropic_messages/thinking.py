"""How much Claude should think, from what the caller asked, and what thinking rules out.

Newer models are told an effort and decide by themselves (`thinking: adaptive`, `output_config.effort`); older ones are
given a budget of tokens, which must be at least 1,024 and less than `max_tokens`. With thinking on, Anthropic refuses
sampling settings, a forced tool and a text to go on with, and wants the signed thinking of the tool loop that is going
on: where the caller's format could not carry that, or a tool is forced, thinking is off for the one call.
"""

from typing import Final

from filters.context import Json
from filters.formats.canonical.adapted import effort_taken
from filters.formats.canonical.effort import OFF
from filters.formats.canonical.request import ModelOptions, Reasoning, Request

_EFFORTS: Final = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}
BUDGETS: Final = {"low": 2048, "medium": 8192, "high": 16384, "xhigh": 23808, "max": 23808}
_LEAST: Final = 1024
_SIGNED: Final = ("thinking", "redacted_thinking")


def add_thinking(body: Json, request: Request, options: ModelOptions, warnings: list[str]) -> bool:
    """Write `thinking` and its like into `body`, whose messages are already there; return whether it is on."""
    reasoning = request.reasoning
    if reasoning is None:
        return False
    if not reasoning.enabled or reasoning.effort == OFF:
        return _switched_off(body, options, warnings)
    effort = _effort(reasoning, options, warnings)
    if effort and options.reasoning_effort and (taken := _taken(effort, options, warnings)):
        body.setdefault("output_config", {})["effort"] = taken
    if not options.thinking:
        warnings.append("the model has no extended thinking")
        return False
    if why := _hindrance(body["messages"], request):
        warnings.append(f"thinking is off for this call: {why}")
        return False
    if options.adaptive_thinking:
        body["thinking"] = {"type": "adaptive"} | ({"display": "summarized"} if reasoning.summary else {})
    else:
        body["thinking"] = {"type": "enabled", "budget_tokens": _budget(body, reasoning, effort, request, warnings)}
    return True


def _switched_off(body: Json, options: ModelOptions, warnings: list[str]) -> bool:
    if options.thinking_off and options.thinking:
        body["thinking"] = {"type": "disabled"}
    elif options.thinking:
        warnings.append("thinking cannot be switched off in this model")
    return False


def _taken(effort: str, options: ModelOptions, warnings: list[str]) -> str | None:
    taken, warning = effort_taken(effort, options)
    if warning:
        warnings.append(warning)
    return taken


def _effort(reasoning: Reasoning, options: ModelOptions, warnings: list[str]) -> str | None:
    if reasoning.effort is None:
        if reasoning.budget_tokens is None or not options.adaptive_thinking:
            return None
        warnings.append("the thinking budget is sent as an effort")
        return next((name for name, budget in BUDGETS.items() if reasoning.budget_tokens <= budget), "xhigh")
    if reasoning.effort not in _EFFORTS:
        warnings.append("the reasoning effort is not one that Anthropic knows")
    return _EFFORTS.get(reasoning.effort)


def _hindrance(messages: list[Json], request: Request) -> str | None:
    """Return why this call cannot think; None where it can."""
    if request.tools and request.tool_choice and request.tool_choice.mode in ("required", "tool"):
        return "the call forces a tool"
    if messages[-1]["role"] == "assistant":
        return "the last message is the assistant's"
    if not loop_is_signed(messages):
        return "the tool loop that is going on has no thinking signed by Anthropic"
    return None


def loop_is_signed(messages: list[Json]) -> bool:
    """Return whether the tool loop at the end (one turn of Claude's), if there is one, begins with thinking."""
    first: Json | None = None
    for message in reversed(messages):
        if message["role"] == "assistant":
            first = message
        elif message["role"] == "user" and _first_kind(message) != "tool_result":
            break
    return first is None or _first_kind(first) in _SIGNED


def _first_kind(message: Json) -> str | None:
    content = message.get("content")
    return content[0]["type"] if isinstance(content, list) and content else None


def _budget(body: Json, reasoning: Reasoning, effort: str | None, request: Request, warnings: list[str]) -> int:
    """Return the budget of tokens, and make `max_tokens` larger where it must be."""
    budget = max(reasoning.budget_tokens or BUDGETS[effort or "medium"], _LEAST)
    if request.max_tokens is None:
        body["max_tokens"] += budget
        return budget
    if reasoning.budget_tokens is None:
        budget = max(min(budget, request.max_tokens * 3 // 4), _LEAST)
    if budget >= request.max_tokens:
        body["max_tokens"] += budget
        warnings.append("max_tokens is raised by the thinking budget, which it must exceed")
    return budget
