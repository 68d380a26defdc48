"""A reader of server-sent events: very many streams at once, each on a connection of its own, driven by one selector.

It counts frames by their blank lines and notes when each came; nothing is parsed. Answers are in chunked encoding, and
no chunk ends within a blank line: that is so of every stream here.
"""

import selectors
import socket
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

_END = b"0\r\n\r\n"
_PATIENCE = 10.0
"""Seconds without any byte after which the server is taken for dead."""


@dataclass(slots=True)
class Stream:
    """One stream as it was read. Times are of `time.perf_counter`; there is one in `frames` for each frame."""

    sent: float
    frames: array = field(default_factory=lambda: array("d"))
    failed: bool = False

    def first(self) -> float:
        """Return how many seconds the first frame took."""
        return self.frames[0] - self.sent

    def gaps(self) -> Iterator[float]:
        """Give the seconds between neighbouring frames."""
        return (after - before for before, after in zip(self.frames, self.frames[1:], strict=False))

    def lateness(self, pace: float) -> list[float]:
        """Return by how many seconds each frame was behind the best that any frame of the stream did."""
        behind = [at - number * pace for number, at in enumerate(self.frames)]
        best = min(behind)
        return [late - best for late in behind]


class _Connection:
    """One connection, on which streams are read one after another."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tail = b""
        self._stream = Stream(0.0)

    def send(self, request: bytes) -> None:
        self._tail, self._stream = b"", Stream(time.perf_counter())
        self.socket.sendall(request)

    def receive(self) -> Stream | None:
        """Read what is there; return the stream once it has ended."""
        data, stream = self.socket.recv(65536), self._stream
        now = time.perf_counter()
        if not stream.frames and not self._tail:
            stream.failed = not data.startswith(b"HTTP/1.1 200")
        seen = self._tail + data
        for _ in range(seen.count(b"\n\n") - self._tail.count(b"\n\n")):
            stream.frames.append(now)
        self._tail = seen[-len(_END) :]
        stream.failed |= not data
        return stream if stream.failed or self._tail == _END else None


def play(port: int, request: bytes, count: int, times: int, spread: float = 0.0) -> list[Stream]:
    """Read `count` streams at once, `times` of them one after another on each connection.

    The connections' first requests are sent over `spread` seconds.
    """
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        connections = [_Connection(port) for _ in range(count)]
        for connection in connections:
            stack.enter_context(connection.socket)
            selector.register(connection.socket, selectors.EVENT_READ, (connection, [times]))
        return list(_play(selector, connections, request, spread / count))


def _play(
    selector: selectors.BaseSelector, waiting: Sequence[_Connection], request: bytes, apart: float
) -> Iterator[Stream]:
    start, started, running = time.perf_counter(), 0, 0
    while running or started < len(waiting):
        due = min(len(waiting), int((time.perf_counter() - start) / apart) + 1) if apart else len(waiting)
        for connection in waiting[started:due]:
            connection.send(request)
            running += 1
        started = max(started, due)
        ready = selector.select(apart if started < len(waiting) else _PATIENCE)
        if not ready and started == len(waiting):
            raise TimeoutError(f"no byte for {_PATIENCE} s")
        for key, _ in ready:
            connection, left = key.data
            if (stream := connection.receive()) is None:
                continue
            left[0] -= 1
            if left[0] and not stream.failed:
                connection.send(request)
            else:
                selector.unregister(connection.socket)
                running -= 1
            yield stream
