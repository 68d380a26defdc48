"""The files of a decision log, read as one.

Files may be read while they are written. Nothing here writes, and everything blocks: a server calls it in a thread.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gateway.storage.decision_log.files import log_files
from gateway.storage.decision_log.jsonl import load_json_lines
from gateway.storage.decision_log.schema import LogError, show_as_current


class Log:
    """The databases of a folder, or of one file. Raises LogError where there is none, or one cannot be read.

    `files` are those of the databases, in their order. A file in which nothing was laid out yet, since its process has
    just begun or was killed as it did, is none of them. With `tail`, files of JSON lines are read from their end alone,
    since all that is read of them is loaded first.
    """

    def __init__(self, where: Path, *, tail: bool = False) -> None:
        self.databases: list[sqlite3.Connection] = []
        self.files: list[Path] = []
        try:
            for path in log_files(where):
                if (database := _open(path, may_be_empty=where.is_dir(), tail=tail)) is not None:
                    self.databases.append(database)
                    self.files.append(path)
        except BaseException:
            self.close()
            raise

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Iterator[dict[str, Any]]:
        """Yield what a statement selects in each database, one after the other."""
        for _, row in self.found(statement, values):
            yield row

    def found(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[sqlite3.Connection, dict[str, Any]]]:
        """Yield what a statement selects in each database, with the database it was found in."""
        for database in self.databases:
            for row in database.execute(statement, values):
                yield database, dict(row)

    def close(self) -> None:
        """Close the files."""
        for database in self.databases:
            database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _open(path: Path, *, may_be_empty: bool, tail: bool) -> sqlite3.Connection | None:
    try:
        lines = path.suffix == ".jsonl"
        database = load_json_lines(path, tail=tail) if lines else _connect(path, may_be_empty=may_be_empty)
        if database is not None:
            database.row_factory = sqlite3.Row
    except LogError as error:
        raise LogError(f"{path}: {error}") from None
    except (sqlite3.Error, OSError) as error:
        raise LogError(f"{path}: cannot be read: {error}") from None
    return database


def _connect(path: Path, *, may_be_empty: bool) -> sqlite3.Connection | None:
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    try:
        version = show_as_current(database)
    except BaseException:
        database.close()
        raise
    if version:
        return database
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    database.close()
    if may_be_empty and not tables:
        return None
    raise LogError("it is no decision log")
