"""Log lines, written by a thread: nothing that happens to the log's file can hold up who logs.

Lines wait in a queue that is bounded in bytes. A thread takes what has gathered every `FLUSH_SECONDS` and writes it.
Where the file takes nothing (a full pipe that nobody reads, a slow disk) the queue fills and further lines are dropped;
where writing fails (a full disk, a closed pipe) what was to be written is dropped. Dropped lines are counted, and the
next line that can be written says how many there were.

Workers share a file. A pipe takes up to `PIPE_BUF` bytes whole or not at all, so that many lines are written to it at a
time: neither a full pipe nor the death of a worker mixes the lines of several. Other files get all that has gathered,
since each write takes the interpreter from who serves requests.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from select import PIPE_BUF
from typing import Final, Protocol

FLUSH_SECONDS: Final = 0.1
MAX_BYTES: Final = 8_388_608
"""Of lines that wait, or are being written: about 30,000 lines."""
_BUSY_SECONDS: Final = 0.05
_LAST_SECONDS: Final = 1.0
"""How long the end of the process waits for the last lines."""


class RawFile(Protocol):
    """An unbuffered file."""

    def write(self, data: memoryview, /) -> int | None:
        """Write what can be written and return how much that was; None where the file would block."""


Lines = tuple[bytes, int]
"""Some lines, and how many they are."""


class LogWriter:
    """Takes lines from any thread. The thread that writes them starts with the first one.

    `report` makes the line that tells how many were dropped; `piece` is how many bytes are written at a time.
    """

    def __init__(
        self, file: RawFile, report: Callable[[int], bytes], max_bytes: int = MAX_BYTES, piece: int = PIPE_BUF
    ) -> None:
        self._file = file
        self._report = report
        self._piece = piece
        self._max = max_bytes
        self._lock = threading.Lock()
        self._lines: list[Lines] = []
        self._size = 0
        self._dropped = self._reported = 0
        self._waiting = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def dropped(self) -> int:
        """How many lines were dropped so far."""
        return self._dropped

    def write(self, line: bytes) -> None:
        """Take one line, or drop it. Never waits for the file."""
        self._take([(line, 1)], len(line), 1)

    def write_all(self, lines: Sequence[bytes]) -> None:
        """Take some lines, or drop them. Never waits for the file."""
        data = [(b"".join(some), len(some)) for some in _together(lines, self._piece)]
        self._take(data, sum(len(each) for each, _ in data), len(lines))

    def _take(self, lines: Sequence[Lines], size: int, count: int) -> None:
        with self._lock:
            if self._closed.is_set() or self._size + size > self._max:
                self._dropped += count
                return
            first = not self._lines
            self._lines += lines
            self._size += size
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()
        if first:
            self._waiting.set()

    debug = info = warning = error = critical = exception = write

    def close(self) -> None:
        """Take no more lines, and wait a moment for the last to be written."""
        self._closed.set()
        self._waiting.set()
        if self._thread is not None:
            self._thread.join(_LAST_SECONDS)

    def _run(self) -> None:
        while True:
            self._waiting.wait()
            closed = self._closed.wait(FLUSH_SECONDS)  # while more lines gather
            self._waiting.clear()
            with self._lock:
                lines, self._lines = self._lines, []
            if lines:
                self._put(lines)
            if closed:
                return

    def _put(self, lines: Sequence[Lines]) -> None:
        counts = iter([count for _, count in lines])
        for some in _together([data for data, _ in lines], self._piece):
            self._put_some(b"".join(some), sum(islice(counts, len(some))))

    def _put_some(self, data: bytes, count: int) -> None:
        unreported = self._dropped - self._reported
        try:
            if unreported:
                self._write_all(self._report(unreported))
                self._reported += unreported
            self._write_all(data)
        except (OSError, ValueError):  # ValueError: the file object itself is closed
            with self._lock:
                self._dropped += count
        finally:
            with self._lock:
                self._size -= len(data)

    def _write_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            written = self._file.write(rest)
            if written is None:
                time.sleep(_BUSY_SECONDS)
            else:
                rest = rest[written:]


def _together(lines: Sequence[bytes], piece: int) -> Iterator[Sequence[bytes]]:
    """Yield the lines again, as many at a time as make a piece; a longer line comes alone."""
    begin = size = 0
    for number, line in enumerate(lines):
        if number > begin and size + len(line) > piece:
            yield lines[begin:number]
            begin, size = number, 0
        size += len(line)
    yield lines[begin:]
