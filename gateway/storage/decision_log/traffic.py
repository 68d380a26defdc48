"""What the log says of a span of time: sums by step of time and by name, and a sample for times and shares.

Reads are bounded by what they return and not by the span: SQLite adds up, and what must be looked at one by one is a
sample, evenly spread. Spans in steps of hours are read from the sums by hour, others from the requests themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.storage.decision_log.hours import HOUR, SUMS
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.usage import Used, used_of

NAMES: Final = ("route", "model", "caller")


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time in equal steps, in seconds since the epoch: `since` is included, `until` is not."""

    since: float
    until: float
    step: float

    @property
    def count(self) -> int:
        """How many steps there are, the last of which may be cut off."""
        return max(1, -int((self.since - self.until) // self.step))

    def place(self, at: float) -> int:
        """Return the number of the step that a time belongs to."""
        return min(self.count - 1, max(0, int((at - self.since) // self.step)))


class Seen(NamedTuple):
    """A request of a sample; times are in seconds."""

    at: float
    duration: float
    ttft: float | None
    decided_by: str | None
    pinned: int | None


@dataclass(frozen=True, slots=True)
class Sample:
    """Some of the requests of a span, evenly spread, and how many there are in all."""

    requests: Sequence[Seen]
    total: int


def by_step(log: Log, span: Span) -> list[Used]:
    """Return what each step of a span adds up to, also those in which there was nothing."""
    steps = [Used()] * span.count
    time = "hour" if _hourly(span) else "at"
    statement = f"{_select(span, time)} GROUP BY CAST(({time} - ?) / ? AS INTEGER)"
    for row in log.rows(statement, (span.since, span.until, span.since, span.step)):
        place = span.place(row["key0"])
        steps[place] = steps[place].plus(used_of(row))
    return steps


def by_name(log: Log, span: Span) -> dict[tuple[str, str, str], Used]:
    """Return what a span adds up to by route, model and caller; an empty name is none."""
    sums: dict[tuple[str, str, str], Used] = {}
    keys = [f"coalesce({name}, '')" for name in NAMES]
    for row in log.rows(f"{_select(span, *keys)} GROUP BY {', '.join(keys)}", (span.since, span.until)):
        key = (row["key0"], row["key1"], row["key2"])
        sums[key] = sums.get(key, Used()).plus(used_of(row))
    return sums


def sample(log: Log, span: Span, most: int = 20_000) -> Sample:
    """Return about `most` requests of a span, every n-th of each file, in no order."""
    where = "FROM requests WHERE at >= ? AND at < ?"
    total = sum(row["number"] for row in log.rows(f"SELECT count(*) AS number {where}", (span.since, span.until)))
    every = max(1, -(-total // most))
    statement = f"SELECT at, duration, ttft, decided_by, pinned {where} AND seq % ? = 0"
    found = [Seen(**row) for row in log.rows(statement, (span.since, span.until, every))]
    return Sample(found, total)


def _select(span: Span, *keys: str) -> str:
    """Return a statement, up to its groups, that selects keys and sums."""
    hourly = _hourly(span)
    named = [f"{key} AS key{number}" for number, key in enumerate(keys)]
    sums = [f"{f'sum({name})' if hourly else how} AS {name}" for name, how in SUMS.items()]
    table, time = ("hours", "hour") if hourly else ("requests", "at")
    return f"SELECT {', '.join([*named, *sums])} FROM {table} WHERE {time} >= ? AND {time} < ?"  # noqa: S608 - words of ours


def _hourly(span: Span) -> bool:
    return span.step % HOUR == 0 and span.since % HOUR == 0
