"""A load generator: a few keep-alive connections, each with one request in flight, driven by one selector.

It does as little as can be done for a request (one send, one receive, no parsing but the length of the answer), so that
on a core of its own it is several times as fast as the server that it measures; `busy` in its report proves it.

    python -m bench.load --port 12000 --kind embedded --count 20000 --seconds 3
"""

import argparse
import json
import select
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from bench.prompts import KINDS, requests

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length: "
_CHUNKED = b"\r\ntransfer-encoding: chunked"
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_PATIENCE = 10.0
"""Seconds without any answer after which the server is taken for dead."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured. `busy` is the share of the time in which the generator was at work; latencies in ms."""

    requests: int
    failures: int
    seconds: float
    per_second: float
    p50_ms: float
    p99_ms: float
    busy: float
    last_body: str


class _Connection:
    """One connection with one request in flight."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._sent_at = 0.0

    def send(self, request: bytes) -> None:
        self._sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> tuple[bytes, float] | None:
        """Return the answer and how long it took in seconds, once it is whole."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed a connection")
        self._received += data
        if not _is_whole(self._received):
            return None
        answer, self._received = self._received, b""
        return answer, time.perf_counter() - self._sent_at


def _is_whole(answer: bytes) -> bool:
    head = answer.find(_HEAD_END)
    if head < 0:
        return False
    lower = answer[: head + 2].lower()
    if _CHUNKED in lower:
        return answer.endswith(_LAST_CHUNK)
    _, announced, length = lower.partition(_LENGTH)
    if not announced:
        raise ValueError("an answer without content-length that is not chunked, and no other is read here")
    return len(answer) >= head + 4 + int(length[: length.index(b"\r")])


def run(port: int, todo: list[bytes], *, connections: int = 16, seconds: float = 10.0) -> Report:
    """Send each request once, until all are answered or the time is up, and say how it went."""
    started, worked = time.perf_counter(), time.process_time()
    answers = exchange(port, todo, connections=connections, seconds=seconds)
    return _report(answers, time.perf_counter() - started, time.process_time() - worked)


def exchange(port: int, todo: list[bytes], *, connections: int, seconds: float = 10.0) -> list[tuple[bytes, float]]:
    """Do so, and return each answer with how long it took in seconds."""
    queue = iter(todo)
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        deadline = time.perf_counter() + seconds
        flying = 0
        for _, request in zip(range(connections), queue, strict=False):
            connection = _Connection(port)
            stack.enter_context(connection.socket)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(request)
            flying += 1
        return list(_exchange(selector, queue, flying, deadline))


def paced(port: int, todo: list[bytes], rate: float, connections: int) -> list[float]:
    """Send so many requests a second, and return how long each took in seconds, from the moment at which it was due."""
    times: list[float] = []
    with ExitStack() as stack:
        idle = deque(_Connection(port) for _ in range(connections))
        for connection in idle:
            stack.enter_context(connection.socket)
        due = deque((number / rate, request) for number, request in enumerate(todo))
        flying: dict[socket.socket, tuple[_Connection, float]] = {}
        begin = time.perf_counter()
        while due or flying:
            while due and idle and due[0][0] <= time.perf_counter() - begin:
                at, request = due.popleft()
                connection = idle.popleft()
                flying[connection.socket] = connection, begin + at
                connection.send(request)
            patience = max(0.0, begin + due[0][0] - time.perf_counter()) if due and idle else _PATIENCE
            ready = select.select(list(flying), (), (), patience)[0]  # to the microsecond, as epoll's patience is not
            if not ready and patience == _PATIENCE:
                raise TimeoutError(f"no answer for {_PATIENCE} s")
            for each in ready:
                connection, began = flying[each]
                if (answer := connection.receive()) is not None:
                    assert answer[0].startswith(b"HTTP/1.1 200"), answer[0]
                    times.append(time.perf_counter() - began)
                    del flying[each]
                    idle.append(connection)
    return times


def _exchange(
    selector: selectors.BaseSelector, queue: Iterator[bytes], flying: int, deadline: float
) -> Iterator[tuple[bytes, float]]:
    """Give each answer, and send the next request on the connection that it came by."""
    while flying:
        ready = selector.select(_PATIENCE)
        if not ready:
            raise TimeoutError(f"no answer for {_PATIENCE} s")
        for key, _ in ready:
            if (answer := key.data.receive()) is None:
                continue
            following = next(queue, None) if time.perf_counter() < deadline else None
            if following is None:
                flying -= 1
            else:
                key.data.send(following)
            yield answer


def _report(answers: list[tuple[bytes, float]], elapsed: float, worked: float) -> Report:
    times = sorted(taken for _, taken in answers)
    return Report(
        requests=len(answers),
        failures=sum(not answer.startswith(b"HTTP/1.1 200") for answer, _ in answers),
        seconds=round(elapsed, 3),
        per_second=round(len(answers) / elapsed, 1),
        p50_ms=round(times[len(times) // 2] * 1e3, 3),
        p99_ms=round(times[len(times) * 99 // 100] * 1e3, 3),
        busy=round(worked / elapsed, 3),
        last_body=answers[-1][0].partition(_HEAD_END)[2].decode(),
    )


def main() -> None:
    """Run from the command line and print the report as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--kind", choices=KINDS, default="embedded")
    parser.add_argument("--seed", type=int, default=0, help="other seeds send other prompts")
    parser.add_argument("--count", type=int, default=20_000, help="the most requests to send")
    parser.add_argument("--seconds", type=float, default=3.0, help="the longest time to send for")
    parser.add_argument("--connections", type=int, default=16)
    chosen = parser.parse_args()
    todo = requests(chosen.kind, chosen.seed, chosen.count)
    print(json.dumps(asdict(run(chosen.port, todo, connections=chosen.connections, seconds=chosen.seconds))))


if __name__ == "__main__":
    main()
