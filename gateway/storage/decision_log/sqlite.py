"""The decision log in a SQLite file.

One process writes a file, in transactions; others may read it meanwhile (WAL). A process that is killed loses what it
had not committed, and no more. Where the machine loses power, the last commits may be lost too, and the file is whole.
"""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.storage.decision_log.entries import Entry, Head
from gateway.storage.decision_log.files import remove_abandoned, size
from gateway.storage.decision_log.hours import ADD, HOUR
from gateway.storage.decision_log.schema import VALUES, migrate

_COLUMNS: Final = ("seq", "head", "margin", *VALUES)
_INSERT: Final = f"INSERT INTO requests ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - names of ours
_INSERT_HEAD: Final = (
    "INSERT OR IGNORE INTO heads (digest, encoder, routes, thresholds, matrix, bias) VALUES (?, ?, ?, ?, ?, ?)"
)
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
        self._heads: dict[str, int] = {}
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

    def append(self, entries: Sequence[Entry]) -> None:
        """Add requests in one transaction."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._append(entries)
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

    def _append(self, entries: Sequence[Entry]) -> None:
        first, numbered = self._next, list(enumerate(entries, self._next))
        rows = [(seq, each.head and self._head(each.head), each.margin(), *each.values) for seq, each in numbered]
        vectors = [(seq, *each.vector) for seq, each in numbered if each.vector]
        prompts = [(seq, *each.text) for seq, each in numbered if each.text]
        self._database.executemany(_INSERT, rows)
        self._database.executemany("INSERT INTO vectors VALUES (?, ?, ?, ?)", vectors)
        self._database.executemany("INSERT INTO prompts VALUES (?, ?, ?)", prompts)
        self._database.execute(ADD, (first,))
        self._next += len(rows)

    def _head(self, head: Head) -> int:
        """Return the row of a head, which is added where it is new."""
        if head.digest not in self._heads:
            self._heads[head.digest] = add_head(self._database, head)
        return self._heads[head.digest]

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
        self._heads = {}  # a head that was added is gone with the transaction
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")


def add_head(database: sqlite3.Connection, head: Head) -> int:
    """Add a head where it is new, and return its row."""
    routes, thresholds = orjson.dumps(head.routes).decode(), orjson.dumps(head.thresholds).decode()
    database.execute(_INSERT_HEAD, (head.digest, head.encoder, routes, thresholds, head.matrix, head.bias))
    return int(database.execute("SELECT head FROM heads WHERE digest = ?", (head.digest,)).fetchone()[0])
