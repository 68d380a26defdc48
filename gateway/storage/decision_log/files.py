"""The folder of the decision log: which file a process writes, and which there are to be read.

Each process has a file of its own, `<host>-<number>.db` or `.jsonl`. It takes the first number that no other process on
its host holds, so that a process that is started again goes on with the file of the one before.
"""

import fcntl
import os
import re
import socket
from pathlib import Path
from typing import Final

from gateway.storage.decision_log.schema import LogError, NoLogError

_MOST_WRITERS: Final = 1024
_SUFFIXES: Final = (".db", ".jsonl")


class Claim:
    """A file that this process alone writes, until `release`."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path: Final = path
        self._lock = lock

    def release(self) -> None:
        """Leave the file to the next process."""
        os.close(self._lock)


def claim(folder: Path, suffix: str) -> Claim:
    """Take the first file of this host that nobody writes; its folder is made. Raises OSError and LogError."""
    folder.mkdir(parents=True, exist_ok=True)
    host = re.sub(r"[^A-Za-z0-9._-]", "_", socket.gethostname()) or "host"
    for number in range(_MOST_WRITERS):
        path = folder / f"{host}-{number}{suffix}"
        if (lock := _lock(path)) is not None:
            return Claim(path, lock)
    raise LogError(f"{folder}: {_MOST_WRITERS} processes write here already")


def log_files(folder: Path) -> list[Path]:
    """Return the files of a log, or the one that is named. Raises NoLogError where there is none."""
    if folder.is_file():
        return [folder]
    found = sorted(path for path in folder.glob("*") if path.suffix in _SUFFIXES) if folder.is_dir() else []
    if not found:
        raise NoLogError(
            f"{folder}: there is no decision log; a gateway with `decision_log: {{}}` in its config.yaml writes one"
        )
    return found


def remove_abandoned(folder: Path, own: Path, before: float) -> list[Path]:
    """Remove the files of processes that are gone and wrote nothing since `before`, and return which."""
    removed = []
    for path in folder.glob("*"):
        if path.suffix not in _SUFFIXES or path == own or path.stat().st_mtime >= before:
            continue
        if (lock := _lock(path)) is not None:
            _remove(path)
            os.close(lock)
            removed.append(path)
    return removed


def size(path: Path) -> int:
    """Return how many bytes a database takes, with what SQLite keeps beside it."""
    return sum(each.stat().st_size for each in (path, _beside(path, "-wal")) if each.exists())


def set_aside(path: Path, at: float) -> Path:
    """Rename a database that is broken, so that another can take its place."""
    aside = path.with_name(f"{path.name}.broken-{int(at)}")
    path.rename(aside)
    for ending in ("-wal", "-shm"):
        _beside(path, ending).unlink(missing_ok=True)
    return aside


def _remove(path: Path) -> None:
    for each in (path, _beside(path, "-wal"), _beside(path, "-shm"), _beside(path, ".lock")):
        each.unlink(missing_ok=True)


def _lock(path: Path) -> int | None:
    descriptor = os.open(_beside(path, ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
