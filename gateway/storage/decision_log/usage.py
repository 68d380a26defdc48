"""What was used, by whom, what it cost and what it saved: sums of the decision log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from gateway.storage.decision_log.hours import HOUR
from gateway.storage.decision_log.reading import Log

By = Literal["route", "model", "caller", "day", "hour"]
BY: Final[tuple[By, ...]] = ("route", "model", "caller", "day", "hour")
_COLUMNS: Final[dict[By, str]] = {
    "route": "route",
    "model": "model",
    "caller": "caller",
    "day": "date(hour, 'unixepoch')",
    "hour": "strftime('%Y-%m-%dT%H:00Z', hour, 'unixepoch')",
}


@dataclass(frozen=True, slots=True)
class Used:
    """What some requests add up to. Amounts of money are in US dollars.

    `unknown` counts those that used tokens at a price nobody knows. `baseline` is what the others would have cost on
    the baseline model, and `saved` what less they did cost: of requests whose cost is known on both sides. `estimated`
    counts those whose tokens the provider did not all tell.
    """

    requests: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cost: float = 0.0
    unknown: int = 0
    baseline: float = 0.0
    saved: float = 0.0
    estimated: int = 0

    @property
    def saved_share(self) -> float | None:
        """Return which share of the baseline was saved; below 0 where it cost more, None where there is none."""
        return self.saved / self.baseline if self.baseline else None

    def plus(self, other: "Used") -> "Used":
        """Return both together."""
        return Used(*(getattr(self, name) + getattr(other, name) for name in _SUMS))


_SUMS: Final = tuple(field.name for field in fields(Used))


def usage(
    log: Log, by: Sequence[By] = (), since: float | None = None, until: float | None = None
) -> dict[tuple[str, ...], Used]:
    """Return the sums of each group, by its names in the order of `by`; an empty name is none.

    `since` (included) and `until` are in seconds since the epoch, and count from the beginning of their hour. Days and
    hours are those of UTC. The groups are in the order of the time where that is one of them, else the most used first.
    """
    sums: dict[tuple[str, ...], Used] = {}
    for row in log.rows(_statement(by), (_hour(since), float("inf") if until is None else _hour(until))):
        key = tuple(str(row[f"by{number}"]) for number in range(len(by)))
        sums[key] = sums.get(key, Used()).plus(used_of(row))
    if "day" in by or "hour" in by:
        return dict(sorted(sums.items()))
    return dict(sorted(sums.items(), key=lambda item: (-item[1].cost, -item[1].requests, item[0])))


def together(groups: Iterable[Used]) -> Used:
    """Return the sum of all groups."""
    total = Used()
    for each in groups:
        total = total.plus(each)
    return total


def _statement(by: Sequence[By]) -> str:
    keys = [f"{_COLUMNS[each]} AS by{number}" for number, each in enumerate(by)]
    sums = [f"sum({name}) AS {name}" for name in _SUMS]
    groups = f" GROUP BY {', '.join(str(number + 1) for number in range(len(by)))}" if by else ""
    return f"SELECT {', '.join([*keys, *sums])} FROM hours WHERE hour >= ? AND hour < ?{groups}"  # noqa: S608 - words of ours


def used_of(row: dict[str, Any]) -> Used:
    """Return the sums of a row that has their columns; what nobody added to is 0."""
    return Used(*(row[name] or 0 for name in _SUMS))


def _hour(at: float | None) -> int:
    return int(at or 0) // HOUR * HOUR
