"""Efforts of reasoning: the words that models know for how much to think, and how one becomes another."""

from collections.abc import Sequence
from typing import Final

OFF: Final = "none"
_ORDER: Final = (OFF, "minimal", "low", "medium", "high", "xhigh", "max")
_RANKS: Final = {effort: rank for rank, effort in enumerate(_ORDER)}
_BUDGETS: Final = ((2048, "low"), (16_384, "medium"))
"""Up to how many tokens of thinking which effort says about the same; above them all, `high`."""


def effort_of(budget_tokens: int) -> str:
    """Return the effort that says about the same as a budget of thinking tokens."""
    return next((effort for limit, effort in _BUDGETS if budget_tokens <= limit), "high")


def nearest_effort(asked: str, known: Sequence[str]) -> str | None:
    """Return the effort to send to a model that knows these, None where it has no place among them.

    An empty `known` takes any. Of two that are as near, the higher is sent: rather more thought than was asked for than
    less. What was to think is not switched off; what was to be off, and cannot, thinks as little as possible.
    """
    if not known or asked in known:
        return asked
    if asked not in _RANKS:
        return None
    if asked == OFF:
        return known[0]
    thinking = [effort for effort in known if effort in _RANKS and effort != OFF]
    return min(thinking, key=lambda effort: (abs(_RANKS[effort] - _RANKS[asked]), -_RANKS[effort]), default=None)
