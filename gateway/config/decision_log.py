"""The `decision_log` section: whether what was decided is kept, where, for how long and how much of it."""

from typing import Literal

from pydantic import Field

from filters.section import Section, Text


class DecisionLogSection(Section):
    """A log of decisions, what they led to and what that cost, which can be reported on and replayed."""

    type: Literal["sqlite", "jsonl"] = "sqlite"
    """What the files are: SQLite databases, or JSON lines."""

    path: Text = "decisions"
    """The folder they are in. Each process writes a file of its own."""

    keep_days: float = Field(default=30, gt=0)
    """How long a decision is kept, in days."""

    max_mb: int = Field(default=1000, ge=10)
    """How large the file of one process may grow, in megabytes; then the oldest decisions go."""

    store_prompts: bool = False
    """Whether the last two user turns are kept, as text. Without, the prompt is kept as a vector only."""
