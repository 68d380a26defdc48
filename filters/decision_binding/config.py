"""The options of `decision_binding` in the list of filters."""

from pydantic import Field

from filters.section import Section


class DecisionBindingConfig(Section):
    """For how long a decision can be held, and how many are."""

    lifetime_seconds: int = Field(default=300, ge=1)
    """How long a decision is honoured, in seconds."""

    max_entries: int = Field(default=10_000, ge=1)
    """How many decisions are held at once, in memory; then the oldest goes."""

    always: bool = False
    """Whether every answer of a decision endpoint has an id, and not only those that are asked for one."""
