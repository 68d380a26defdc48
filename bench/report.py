"""The table at the end: what was measured, what it should be, and whether it is."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """What a value should be, and whether it is."""

    text: str
    met: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    value: str
    target: Target | None = None


def at_least(value: float, target: float | None) -> Target | None:
    """Return the target for what should be high."""
    return None if target is None else Target(f">= {target:g}", value >= target)


def at_most(value: float, target: float | None, unit: str) -> Target | None:
    """Return the target for what should be low."""
    return None if target is None else Target(f"<= {target:g} {unit}", value <= target)


def show(rows: Iterable[Row]) -> None:
    """Print the rows as they come: a bench takes minutes, and the first lines are worth reading meanwhile."""
    missed = []
    for row in rows:
        verdict = "" if row.target is None else f"{row.target.text:>12}  {'ok' if row.target.met else 'MISSED'}"
        print(f"{row.name:<38} {row.value:<78} {verdict}".rstrip(), flush=True)
        if row.target and not row.target.met:
            missed.append(row.name)
    print(f"\n{'Targets missed: ' + '; '.join(missed) if missed else 'All targets are met.'}")
