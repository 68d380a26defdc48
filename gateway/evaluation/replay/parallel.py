"""Deciding about a large log with every core: each process takes a part of a file at a time.

Parts are put together as sums, so that the result is that of one process. Where processes cannot be forked, and for
logs that are small or in JSON lines, one process does it all.
"""

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path
from typing import Final

from gateway.evaluation.replay.batches import not_classified, of_log
from gateway.evaluation.replay.run import KEPT, Result, Side, compare
from gateway.storage.decision_log.reading import Log

PART: Final = 200_000
"""How many numbers of rows one part spans."""
_WORTH_IT: Final = 3
"""Parts from which on several processes are worth their start."""
_MOST: Final = 8
"""Processes: each has the routes and a batch of rows in memory."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is compared: as in `compare`, of what was logged since then."""

    new: Side
    old: Side | None
    since: float


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one file, by their numbers: the first and the last."""

    file: Path
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


Shown = Callable[[int], AbstractContextManager[Callable[[int], None]]]
"""Shows how far it is, of so many rows; what it gives is told how many more were looked at."""


def compare_log(where: Path, job: Job, shown: Shown, processes: int | None = None, part: int = PART) -> Result:
    """Return what `compare` finds in the files of a log, and what was not to be decided again. Raises LogError."""
    processes = min(os.cpu_count() or 1, _MOST) if processes is None else processes
    with Log(where) as log:
        parts = list(_parts(log, part))
        skipped = not_classified(log, job.since)
        if processes == 1 or len(parts) < _WORTH_IT or "fork" not in multiprocessing.get_all_start_methods():
            with shown(sum(map(len, parts))) as progress:
                result = compare(of_log(log, job.since), job.new, job.old, progress)
            result.skipped = skipped
            return result
    result = _together(parts, job, shown, processes)
    result.skipped = skipped
    return result


def _together(parts: Sequence[Part], job: Job, shown: Shown, processes: int) -> Result:
    """Compare the parts in processes of their own, which are forked before anything here starts a thread."""
    total = Result()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of the linear algebra, which provides for forks
        pool = multiprocessing.get_context("fork").Pool(processes, _begin, (job,))
    with pool, shown(sum(map(len, parts))) as progress:
        for part, found in pool.imap(_compare, parts):
            _add(total, found)
            progress(len(part))
    return total


def _parts(log: Log, size: int) -> Iterator[Part]:
    """Yield the parts of each file; one in JSON lines, which must be read whole, is one part."""
    for file, database in zip(log.files, log.databases, strict=True):
        first, last = database.execute("SELECT coalesce(min(seq), 1), coalesce(max(seq), 0) FROM requests").fetchone()
        step = size if file.suffix != ".jsonl" else last - first + 1
        for start in range(first, last + 1, step or 1):
            yield Part(file, start, min(start + step - 1, last))


_JOBS: Final[list[Job]] = []
"""The job of this process, where it is one of several: it comes with the fork, since a side is no plain data."""


def _begin(job: Job) -> None:
    _JOBS[:] = [job]


def _compare(part: Part) -> tuple[Part, Result]:
    (job,) = _JOBS
    with Log(part.file) as log:
        return part, compare(of_log(log, job.since, part.first, part.last), job.new, job.old)


def _add(total: Result, found: Result) -> None:
    total.flows.update(found.flows)
    total.unknown += found.unknown
    total.estimated += found.estimated
    total.remodelled += found.remodelled
    total.cost = total.cost.plus(found.cost)
    total.changes = nsmallest(KEPT, [*total.changes, *found.changes], key=lambda change: change.margin)
