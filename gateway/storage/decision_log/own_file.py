"""The file of the decision log that this process writes."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

from gateway.storage.decision_log.entries import Entry
from gateway.storage.decision_log.files import Claim, claim, set_aside
from gateway.storage.decision_log.jsonl import JsonLinesLog
from gateway.storage.decision_log.sqlite import SqliteLog

_BROKEN: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


class LogFile(Protocol):
    """What entries are written to."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries; all are written, or none."""

    def prune(self, now: float) -> None:
        """Remove what is older or more than is to be kept."""

    def close(self) -> None:
        """Close the file."""


class Settings(NamedTuple):
    """What kind of file, in which folder, for how long and how large."""

    type: Literal["sqlite", "jsonl"]
    folder: str
    keep_seconds: float
    max_bytes: int


class OwnFile:
    """The file of this process, the same each time it is opened. `on_broken` is told what a broken one was named."""

    def __init__(self, settings: Settings, on_broken: Callable[[Path], None]) -> None:
        self._settings: Final = settings
        self._on_broken: Final = on_broken
        self._claim: Claim | None = None

    def leave(self) -> None:
        """Leave the file to the next process."""
        claimed, self._claim = self._claim, None
        if claimed is not None:
            claimed.release()

    def open(self) -> LogFile:
        """Open it, again after a failure. Raises OSError, sqlite3.Error or LogError."""
        kind, folder, keep, most = self._settings
        if self._claim is None:
            self._claim = claim(Path(folder), ".jsonl" if kind == "jsonl" else ".db")
        if kind == "jsonl":
            return JsonLinesLog(self._claim.path, keep, most)
        try:
            return SqliteLog(self._claim.path, keep, most)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in _BROKEN:
                raise
        self._on_broken(set_aside(self._claim.path, time.time()))
        return SqliteLog(self._claim.path, keep, most)
