"""The decision log as JSON lines, for who ships logs elsewhere, and how such a file is read as a database.

A line is a request, with the columns of `schema` as its keys, or a head: routes as they were, which requests name by
its digest, and which are told again after each megabyte, so that the end of a file can be read alone. Binary values are
base64. A file that has grown to a part of what is allowed is closed under a name of its
own (`<host>-0.<milliseconds>.jsonl`), and the oldest of those go when they are too old or too much.
"""

import os
import sqlite3
import time
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.storage.decision_log.entries import Entry, Head
from gateway.storage.decision_log.files import remove_abandoned
from gateway.storage.decision_log.hours import ADD
from gateway.storage.decision_log.schema import VALUES, LogError, migrate
from gateway.storage.decision_log.sqlite import add_head

_PARTS: Final = 8
"""Into how many files what is allowed is divided."""
_HEAD: Final = "head"
_TOLD_BYTES: Final = 1_000_000
"""After how much the heads are told again."""
TAIL_BYTES: Final = 2 * _TOLD_BYTES
"""What is read of the end of a file: some two thousand requests, and all heads that the later half of them name."""

Values = dict[str, Any]
"""What stands in a line."""


class JsonLinesLog:
    """A file of JSON lines that this process writes. Methods raise OSError where the disk does not obey."""

    def __init__(self, path: Path, keep_seconds: float, max_bytes: int) -> None:
        self._path = path
        self._keep_seconds = keep_seconds
        self._max_bytes = max_bytes
        self._told_at = 0
        self._open()

    def append(self, entries: Sequence[Entry]) -> None:
        """Add requests in one write."""
        if (size := self._file.tell()) > self._max_bytes // _PARTS:
            self._turn_over()
        elif size > self._told_at + _TOLD_BYTES:
            self._told_at = size
            self._heads.clear()
        self._file.write(b"".join(line for each in entries for line in self._lines(each)))

    def prune(self, now: float) -> None:
        """Remove the files that are too old, and the oldest where all are too much."""
        closed = sorted(self._path.parent.glob(f"{self._path.stem}.*{self._path.suffix}"))
        left = self._max_bytes * (_PARTS - 1) // _PARTS
        for path in reversed(closed):
            found = path.stat()
            left -= found.st_size
            if left < 0 or found.st_mtime < now - self._keep_seconds:
                path.unlink()
        remove_abandoned(self._path.parent, self._path, now - self._keep_seconds)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _open(self) -> None:
        self._heads: set[str] = set()
        self._file = self._path.open("ab", buffering=0)
        self._told_at = self._file.tell()
        self._path.chmod(0o600)

    def _turn_over(self) -> None:
        self._file.close()
        self._path.rename(self._path.with_suffix(f".{int(time.time() * 1000)}{self._path.suffix}"))
        self._open()

    def _lines(self, entry: Entry) -> list[bytes]:
        found, lines = dict(zip(VALUES, entry.values, strict=True)), []
        found["margin"] = entry.margin()
        if head := entry.head:
            if head.digest not in self._heads:
                self._heads.add(head.digest)
                lines.append(_line({_HEAD: _head(head)}))
            found |= {"head": head.digest, "scores": array("d", found["scores"]).tolist()}
        if entry.vector:
            weight, scale, data = entry.vector
            found |= {"weight": weight, "scale": scale, "vector": b64encode(data).decode()}
        if entry.text:
            found["text"], found["previous"] = entry.text
        return [*lines, _line({key: value for key, value in found.items() if value is not None})]


def load_json_lines(path: Path, *, tail: bool = False) -> sqlite3.Connection:
    """Return a database in memory with what stands in a file, or at its end (`tail`, see `TAIL_BYTES`).

    A last line that was not finished is left out.
    """
    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(database)
        columns = [name for _, name, *_ in database.execute("PRAGMA table_info(requests)")]
        with path.open("rb") as file:
            if tail and (size := file.seek(0, os.SEEK_END)) > TAIL_BYTES:
                file.seek(size - TAIL_BYTES)
                file.readline()
            else:
                file.seek(0)
            _load(database, columns, _parsed(file, path))
    except BaseException as error:
        database.close()
        if isinstance(error, sqlite3.IntegrityError):
            raise LogError(f"{path}: it is no decision log: a line lacks what every request has") from None
        raise
    return database


def _parsed(lines: Iterable[bytes], path: Path) -> Iterable[Values]:
    for number, line in enumerate(lines, 1):
        if line.endswith(b"\n"):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise LogError(f"{path}:{number}: not JSON: {error}") from None


def _load(database: sqlite3.Connection, columns: Sequence[str], entries: Iterable[Values]) -> None:
    heads: dict[str, int] = {}
    marks = ", ".join("?" * len(columns))
    for seq, entry in enumerate(entries, 1):
        if _HEAD in entry and isinstance(entry[_HEAD], dict):
            heads[entry[_HEAD]["digest"]] = add_head(database, _parsed_head(entry[_HEAD]))
            continue
        entry |= {"seq": seq, "head": heads.get(entry.get("head", ""))}
        if "scores" in entry:
            entry["scores"] = array("d", entry["scores"]).tobytes()
        database.execute(f"INSERT INTO requests VALUES ({marks})", [entry.get(name) for name in columns])  # noqa: S608
        if "vector" in entry:
            packed = (seq, entry["weight"], entry["scale"], b64decode(entry["vector"]))
            database.execute("INSERT INTO vectors VALUES (?, ?, ?, ?)", packed)
        if "text" in entry:
            database.execute("INSERT INTO prompts VALUES (?, ?, ?)", (seq, entry["text"], entry["previous"]))
    database.execute(ADD, (0,))


def _head(head: Head) -> Values:
    return head._asdict() | {"matrix": b64encode(head.matrix).decode(), "bias": b64encode(head.bias).decode()}


def _parsed_head(head: Values) -> Head:
    return Head(**head | {"matrix": b64decode(head["matrix"]), "bias": b64decode(head["bias"])})


def _line(entry: Values) -> bytes:
    return orjson.dumps(entry) + b"\n"
