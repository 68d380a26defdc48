"""The process that writes the decision log.

It is one of its own, so that neither the disk nor SQLite ever holds the interpreter of the event loop, and it gives way
to the gateway where both want a core. Frames come by its standard input, and it tells by lines of JSON on its standard
output what became of them: `{"written": 20}`, or `{"failed": 20, "error": "..."}`. It ends when its input does, and
has then written what was in the pipe: also where the gateway was killed.

    python -m gateway.storage.decision_log.writer SETTINGS
"""

import fcntl
import os
import select
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol

import orjson

from filters.errors import PointsmanError
from gateway.storage.decision_log.aside import Aside
from gateway.storage.decision_log.entries import SIZE_BYTES, Unpacker
from gateway.storage.decision_log.own_file import LogFile, OwnFile, Settings

PRUNE_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 5.0
"""How long a log that cannot be opened is left alone."""
GATHER_SECONDS: Final = 0.2
"""How long frames gather in the pipe: a transaction costs as much as some thirty rows, and each time that this process
runs, the next request finds the processor's cache taken."""
_MOST_BYTES: Final = 1_048_576
"""Of frames that are written at a time."""
_FEW_BYTES: Final = 262_144
"""Of some 2,000 requests a second. Where more come, the log must rather keep up than give way."""
_PIPE_BYTES: Final = 1_048_576
"""What the pipe is made to hold, where the system allows it: of some 7,000 requests a second."""
_NICE: Final = 10
_HEADS: Final = 16
"""More than a gateway remembers itself."""
_ERRORS: Final = (sqlite3.Error, OSError, PointsmanError)

Tell = Callable[[Mapping[str, Any]], None]


class Place(Protocol):
    """Where this process writes."""

    def open(self) -> LogFile:
        """Open the file, again after a failure; may raise."""

    def leave(self) -> None:
        """Leave the place to others."""


class Writer:
    """Writes frames to the file of a place, and tells what became of them."""

    def __init__(self, place: Place, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._place: Final = place
        self._tell: Final = tell
        self._clock: Final = clock
        self._unpacker: Final = Unpacker(_HEADS)
        self._file: LogFile | None = None
        self._retry_at = self._prune_at = -float("inf")

    def write(self, frames: Sequence[bytes]) -> None:
        """Write what is in some frames, or nothing of it."""
        entries = [entry for frame in frames for entry in self._unpacker.entries(frame)]
        try:
            if (file := self._opened()) is None:
                self._tell({"failed": len(entries)})
                return
            file.append(entries)
        except _ERRORS as error:
            self._failed(len(entries), error)
        else:
            self._tell({"written": len(entries)})

    def prune(self) -> None:
        """Remove what is too old or too much, where it is time to look."""
        if self._file is None or self._clock() < self._prune_at:
            return
        self._prune_at = self._clock() + PRUNE_SECONDS
        try:
            self._file.prune(time.time())
        except _ERRORS as error:
            self._failed(0, error)

    def close(self) -> None:
        """Close the file, and leave it to the next process."""
        self._give_up()
        self._place.leave()

    def _opened(self) -> LogFile | None:
        if self._file is None and self._clock() >= self._retry_at:
            self._retry_at = self._clock() + RETRY_SECONDS
            self._file = self._place.open()
        return self._file

    def _failed(self, count: int, error: Exception) -> None:
        """Tell of a failure, whose text holds no value of a row, and try with the file opened anew."""
        self._tell({"failed": count, "error": f"{type(error).__name__}: {error}"})
        self._give_up()

    def _give_up(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(sqlite3.Error, OSError):  # what it had to say was told already
                file.close()


def serve(source: int, writer: Writer, aside: Callable[[Callable[[], None]], None] = lambda work: work()) -> None:
    """Write the frames that come from a descriptor until it ends. `aside` does what need not be done at once."""
    ended = False
    while not ended:
        frames: list[bytes] = []
        if select.select([source], [], [], PRUNE_SECONDS)[0]:
            time.sleep(GATHER_SECONDS)
            frames, ended = _waiting(source)
        work = partial(_turn, writer, frames)
        work() if sum(map(len, frames)) > _FEW_BYTES else aside(work)
    writer.close()


def _turn(writer: Writer, frames: Sequence[bytes]) -> None:
    """Write what has come, if anything has, and prune the file where it is time to."""
    if frames:
        writer.write(frames)
    writer.prune()


def _waiting(source: int) -> tuple[list[bytes], bool]:
    """Return the frames that wait in a pipe, some at most, and whether it has ended."""
    frames: list[bytes] = []
    size = 0
    while size < _MOST_BYTES and select.select([source], [], [], 0)[0]:
        length = _read(source, SIZE_BYTES)
        frame = _read(source, int.from_bytes(length)) if length else None
        if frame is None:
            return frames, True
        frames.append(frame)
        size += len(frame)
    return frames, False


def _read(source: int, size: int) -> bytes | None:
    """Return so many bytes, None where the other side ended before."""
    found = bytearray()
    while len(found) < size:
        piece = os.read(source, size - len(found))
        if not piece:
            return None
        found += piece
    return bytes(found)


def _tell(what: Mapping[str, Any]) -> None:
    with suppress(BrokenPipeError):  # the gateway is gone, and what it sent is still to be written
        os.write(1, orjson.dumps(what, option=orjson.OPT_APPEND_NEWLINE))


def main() -> None:
    """Serve the process that started this one, whose end alone ends it."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    os.nice(_NICE)
    with suppress(OSError, AttributeError):  # other systems have pipes of one size
        fcntl.fcntl(0, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    settings = Settings(*orjson.loads(sys.argv[1]))
    serve(0, Writer(OwnFile(settings, lambda path: _tell({"set_aside": str(path)})), _tell), Aside().run)


if __name__ == "__main__":
    main()
