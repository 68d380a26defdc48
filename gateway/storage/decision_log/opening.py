"""From the section of config.yaml to the sink of the decision log."""

import sqlite3
import time
from pathlib import Path
from typing import Final

import structlog

from gateway.config.decision_log import DecisionLogSection
from gateway.storage.decision_log.files import Claim, claim, set_aside
from gateway.storage.decision_log.jsonl import JsonLinesLog
from gateway.storage.decision_log.sink import DecisionLog, LogFile
from gateway.storage.decision_log.sqlite import SqliteLog

_DAY: Final = 86_400.0
_MEGABYTE: Final = 1_000_000
_BROKEN: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def decision_log(section: DecisionLogSection) -> DecisionLog:
    """Return the sink. Its thread takes a file of its own when it starts."""
    return DecisionLog(OwnFile(section))


class OwnFile:
    """The file of this process, the same one each time it is opened."""

    def __init__(self, section: DecisionLogSection) -> None:
        self._section = section
        self._claim: Claim | None = None

    def leave(self) -> None:
        """Leave the file to the next process."""
        claimed, self._claim = self._claim, None
        if claimed is not None:
            claimed.release()

    def open(self) -> LogFile:
        """Open it. Raises OSError, sqlite3.Error or LogError."""
        if self._claim is None:
            self._claim = claim(Path(self._section.path), ".jsonl" if self._section.type == "jsonl" else ".db")
        keep, most = self._section.keep_days * _DAY, self._section.max_mb * _MEGABYTE
        if self._section.type == "jsonl":
            return JsonLinesLog(self._claim.path, keep, most)
        try:
            return SqliteLog(self._claim.path, keep, most)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in _BROKEN:
                raise
        aside = set_aside(self._claim.path, time.time())
        structlog.get_logger().error("decision_log_broken", moved_to=str(aside))
        return SqliteLog(self._claim.path, keep, most)
