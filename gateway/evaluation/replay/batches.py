"""What is decided again: batches of logged decisions, or of prompts from a file."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from filters.routing.classifier import Prompt
from gateway.storage.decision_log.heads import LoggedHead
from gateway.storage.decision_log.reading import Log
from gateway.storage.decision_log.vectors import unpack

SIZE: Final = 20_000
_ALL: Final = 2**62
_AT_ONCE: Final = 500
"""Rows that one statement asks for by their numbers."""


@dataclass(frozen=True)
class Batch:
    """Decisions that were made about the same routes.

    `routes` are those that were decided on, None where none was; `by_llm` tells which of them an LLM chose.
    `candidates` are
    the models of each, best first. `scores` has a row for each, None for prompts that were never decided
    about.
    """

    routes: Sequence[str | None]
    by_llm: npt.NDArray[np.bool_]
    candidates: Sequence[tuple[str, ...]]
    head: LoggedHead | None = None
    scores: npt.NDArray[np.float64] | None = None
    database: sqlite3.Connection | None = None
    numbers: Sequence[int] = ()
    given: Sequence[Prompt] = ()

    def __len__(self) -> int:
        return len(self.routes)

    @cached_property
    def prompts(self) -> Mapping[int, Prompt]:
        """The prompts whose text is known, by their place in the batch."""
        if self.database is None:
            return dict(enumerate(self.given))
        place = {number: at for at, number in enumerate(self.numbers)}
        rows = self._all("SELECT seq, text, previous FROM prompts")
        return {place[number]: Prompt(text, previous) for number, text, previous in rows}

    def vectors(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
        """Return the vector of each prompt, and what the bias of routes is times."""
        rows = self._all("SELECT seq, weight, scale, vector FROM vectors")
        _, weights, scales, data = zip(*rows, strict=True)
        return unpack(scales, data), np.array(weights)

    def _all(self, statement: str) -> list[tuple[Any, ...]]:
        """Return what a statement selects for the whole batch, in its order."""
        assert self.database is not None, "there is a log"  # noqa: S101 - as below
        found = self.database.execute(
            f"{statement} WHERE seq BETWEEN ? AND ? ORDER BY seq", (self.numbers[0], self.numbers[-1])
        )
        mine = set(self.numbers)
        return [tuple(row) for row in found if row[0] in mine]

    def ask(self, statement: str, places: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return what a statement selects for these places of the batch, in any order."""
        assert self.database is not None, "there is a log"  # noqa: S101 - prompts of a file are not asked for
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(places), _AT_ONCE):
            numbers = [self.numbers[at] for at in places[start : start + _AT_ONCE]]
            marks = ", ".join("?" * len(numbers))
            found += map(tuple, self.database.execute(f"{statement} WHERE seq IN ({marks})", numbers))
        return found


def of_prompts(prompts: Sequence[Prompt]) -> Iterator[Batch]:
    """Yield batches of prompts that nothing was decided about."""
    for start in range(0, len(prompts), SIZE):
        part = prompts[start : start + SIZE]
        yield Batch([None] * len(part), np.zeros(len(part), bool), [()] * len(part), given=part)


def of_log(log: Log, since: float, first: int = 0, last: int = _ALL) -> Iterator[Batch]:
    """Yield the classified decisions of a log; those of a batch are in the order in which they were written.

    `first` and `last` are the numbers of the rows that are looked at in each file.

    Two encoders may take turns from one request to the next, so that rows are gathered by their head.
    """
    for database in log.databases:
        heads = {row["head"]: _head(row) for row in database.execute("SELECT * FROM heads")}
        cursor = database.cursor()
        cursor.row_factory = None
        cursor.execute(
            "SELECT head, seq, route, decided_by, candidates, scores FROM requests "
            "WHERE seq BETWEEN ? AND ? AND head IS NOT NULL AND at >= ? ORDER BY seq",
            (first, last, since),
        )
        known: dict[str, tuple[str, ...]] = {}
        while rows := cursor.fetchmany(SIZE):
            groups: dict[int, list[tuple[Any, ...]]] = {}
            for row in rows:
                groups.setdefault(row[0], []).append(row)
            for head, group in groups.items():
                yield _batch(database, heads[head], group, known)


def not_classified(log: Log, since: float) -> dict[str, int]:
    """Count the decisions that are not decided again, by why."""
    statement = (
        "SELECT CASE WHEN decided_by IS NULL THEN 'nothing was decided' WHEN pinned OR decided_by = 'pin' "
        "THEN 'an earlier decision was kept' WHEN inline THEN 'the routes came with the request' "
        "WHEN decided_by = 'llm' THEN 'an LLM decided alone' ELSE 'no classifier was asked' END AS why, "
        "count(*) AS number FROM requests WHERE head IS NULL AND at >= ? GROUP BY 1"
    )
    counts: dict[str, int] = {}
    for row in log.rows(statement, (since,)):
        counts[row["why"]] = counts.get(row["why"], 0) + row["number"]
    return counts


def _batch(
    database: sqlite3.Connection,
    head: LoggedHead,
    rows: Sequence[tuple[Any, ...]],
    known: dict[str, tuple[str, ...]],
) -> Batch:
    _, numbers, routes, deciders, candidates, scores = zip(*rows, strict=True)
    for each in set(candidates):
        if each not in known:
            known[each] = tuple(orjson.loads(each))
    return Batch(
        routes=routes,
        by_llm=np.array([each == "llm" for each in deciders]),
        candidates=[known[each] for each in candidates],
        head=head,
        scores=np.frombuffer(b"".join(scores)).reshape(len(rows), -1),
        database=database,
        numbers=numbers,
    )


def _head(row: sqlite3.Row) -> LoggedHead:
    routes = tuple(orjson.loads(row["routes"]))
    return LoggedHead(
        row["encoder"],
        routes,
        tuple(orjson.loads(row["thresholds"])),
        np.frombuffer(row["matrix"], np.float32).reshape(len(routes), -1),
        np.frombuffer(row["bias"]),
    )
