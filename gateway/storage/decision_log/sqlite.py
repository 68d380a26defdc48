"""The decision log in a SQLite file.

One process writes a file, in transactions; others may read it meanwhile (WAL). A process that is killed loses what it
had not committed, and no more. Where the machine loses power, the last commits may be lost too, and the file is whole.
"""

import sqlite3
import time
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from filters.context import Assessment, Reading
from filters.record import RequestRecord
from gateway.storage.decision_log.files import remove_abandoned, size
from gateway.storage.decision_log.heads import HeadIds, LoggedHead
from gateway.storage.decision_log.hours import HOUR, UPSERT, by_hour
from gateway.storage.decision_log.rows import Values, classified, row, stored_text
from gateway.storage.decision_log.schema import migrate
from gateway.storage.decision_log.vectors import pack

_BREATH: Final = 16
"""Rows that are made before other threads may run: the event loop waits for some 0.3 ms at most."""
_PRUNED: Final = 2000
"""Rows that one transaction removes."""
_OLDEST: Final = "SELECT max(seq), count(*) FROM (SELECT seq, at FROM requests ORDER BY seq LIMIT ?)"
_GIVEN_BACK: Final = 0.05
"""What share of the size is made free when a file has become too large."""
_PRAGMAS: Final = (
    "auto_vacuum = INCREMENTAL",
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "journal_size_limit = 8388608",
    "busy_timeout = 2000",
)


class SqliteLog:
    """A file that this process writes. Every method raises sqlite3.Error or OSError where the disk does not obey."""

    def __init__(self, path: Path, keep_seconds: float, max_bytes: int) -> None:
        """Open the file, or make it. Raises LogError for one of a newer version."""
        self._path = path
        self._keep_seconds = keep_seconds
        self._max_bytes = max_bytes
        self._heads = HeadIds()
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            path.chmod(0o600)
            for pragma in _PRAGMAS:
                self._database.execute(f"PRAGMA {pragma}")
            migrate(self._database)
            self._next = self._one("SELECT coalesce(max(seq), 0) + 1 FROM requests")
        except BaseException:
            self._database.close()
            raise

    def append(self, records: Sequence[RequestRecord]) -> None:
        """Add records in one transaction."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._append(records)
            self._database.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def prune(self, now: float) -> None:
        """Remove what is too old, or too much, a little at a time; and the files of processes that are gone."""
        before = now - self._keep_seconds
        while self._remove("at < ?", before) == _PRUNED:
            time.sleep(0)
        self._database.execute("DELETE FROM hours WHERE hour < ?", (int(before) // HOUR * HOUR,))
        if self._used() > self._max_bytes:
            while self._used() > self._max_bytes * (1 - _GIVEN_BACK) and self._remove("1"):
                time.sleep(0)
        self._database.executescript("PRAGMA incremental_vacuum")  # which, unlike execute, gives back all pages
        if size(self._path) > self._max_bytes:
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        remove_abandoned(self._path.parent, self._path, before)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _append(self, records: Sequence[RequestRecord]) -> None:
        rows, vectors, prompts = [], [], []
        for number, record in enumerate(records):
            found = row(record)
            found |= {"seq": self._next + number, "head": None}
            if measured := classified(record.decision):
                found |= {"head": self._head(*measured), "scores": array("d", found["scores"]).tobytes()}
                vectors.append((found["seq"], *pack(measured[1].vector, measured[1].weight)))
            if (text := stored_text(record)) is not None:
                prompts.append((found["seq"], *text))
            rows.append(found)
            if number % _BREATH == 0:
                time.sleep(0)
        self._insert(rows)
        self._database.executemany("INSERT INTO vectors VALUES (?, ?, ?, ?)", vectors)
        self._database.executemany("INSERT INTO prompts VALUES (?, ?, ?)", prompts)
        self._database.executemany(UPSERT, by_hour(rows))
        self._next += len(rows)

    def _insert(self, rows: Sequence[Values]) -> None:
        names = list(rows[0])
        statement = f"INSERT INTO requests ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - names of ours
        self._database.executemany(statement, [tuple(each.values()) for each in rows])

    def _head(self, assessment: Assessment, reading: Reading) -> int:
        """Return the row of the head that an assessment was made with, which is added where it is new."""
        known = self._heads.find(assessment, reading)
        if known is None:
            known = self._add_head(LoggedHead.of(assessment, reading))
            self._heads.remember(assessment, reading, known)
        return known

    def _add_head(self, head: LoggedHead) -> int:
        digest = head.digest()
        routes, thresholds = orjson.dumps(head.routes).decode(), orjson.dumps(head.thresholds).decode()
        values = (digest, head.encoder, routes, thresholds, head.matrix.tobytes(), head.bias.tobytes())
        self._database.execute(
            "INSERT OR IGNORE INTO heads (digest, encoder, routes, thresholds, matrix, bias) VALUES (?, ?, ?, ?, ?, ?)",
            values,
        )
        return self._one("SELECT head FROM heads WHERE digest = ?", digest)

    def _remove(self, condition: str, *values: Any) -> int:
        """Remove the oldest rows to which the condition applies, some at most, and return how many."""
        last, count = self._database.execute(f"{_OLDEST} WHERE {condition}", (_PRUNED, *values)).fetchone()
        if count:
            self._database.execute("BEGIN IMMEDIATE")
            for table in ("requests", "vectors", "prompts"):
                self._database.execute(f"DELETE FROM {table} WHERE seq <= ?", (last,))  # noqa: S608
            self._database.execute("COMMIT")
        return int(count)

    def _used(self) -> int:
        """Return the bytes that hold something."""
        pages = self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")
        return pages * self._one("PRAGMA page_size")

    def _one(self, statement: str, *values: Any) -> int:
        return int(self._database.execute(statement, values).fetchone()[0])

    def _roll_back(self) -> None:
        self._heads = HeadIds()  # a head that was added is gone with the transaction
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
