"""Servers under test: each a process on one core, away from the one that measures it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from bench.prompts import requests

_PATIENCE = 30.0
_CONNECTIONS = 32
"""That stay open, each with one request in flight."""
_ROOT = Path(__file__).parent.parent


@cache
def cores() -> tuple[set[int], set[int]]:
    """Return the core of the server and those of the generator; the same where there is but one.

    Asked once, for the cores that this process began with: `on` changes them.
    """
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    first, *rest = sorted(os.sched_getaffinity(0))
    return {first}, set(rest) or {first}


@contextmanager
def on(chosen: set[int]) -> Iterator[None]:
    """Run on these cores, and let what is started here inherit them."""
    if not chosen:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Server:
    """A running server, on the `chosen` cores. What it says goes to /dev/null: written, and read by nobody."""

    def __init__(self, command: Sequence[str], port: int, chosen: set[int]) -> None:
        self.port = port
        self._command = command
        started = time.perf_counter()
        with on(chosen):
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        self._wait_for_an_answer()
        self.start_seconds = time.perf_counter() - started
        """From the start of the process to its first decision."""

    def rss_mb(self) -> float:
        """Return the resident memory in megabytes."""
        return self._memory_mb("VmRSS:")

    def forget_peak(self) -> None:
        """Count the most resident memory from now on (Linux: `5` in `clear_refs`)."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")

    def peak_mb(self) -> float:
        """Return the most that the resident memory has been."""
        return self._memory_mb("VmHWM:")

    def descriptors(self) -> int:
        """Return how many files and sockets it has open."""
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))

    def threads(self) -> int:
        """Return how many threads it has."""
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))

    def cpu_seconds(self) -> float:
        """Return the processor time that all its threads have had."""
        return self._scheduled(0)

    def waited_seconds(self) -> float:
        """Return how long they could have run but others had their core."""
        return self._scheduled(1)

    def _memory_mb(self, name: str) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition(name)[2].split()[0]) / 1024

    def _scheduled(self, column: int) -> float:
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[column]) for task in tasks) / 1e9

    def free_children(self) -> None:
        """Let the processes that it has started run on any core that this one may."""
        ours = cores()[0] | cores()[1]
        for child in Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split():
            for thread in Path(f"/proc/{child}/task").iterdir():
                os.sched_setaffinity(int(thread.name), ours)

    def close(self) -> None:
        """Stop it, and wait for that."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_for_an_answer(self) -> None:
        [question] = requests("embedded", 0, 1)
        deadline = time.perf_counter() + _PATIENCE
        while time.perf_counter() < deadline:
            if self._process.poll() is not None:
                break
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE) as connection:
                connection.sendall(question)
                if connection.recv(12).endswith(b"200"):
                    return
            time.sleep(0.002)
        self.close()
        raise RuntimeError(f"no answer from: python -m {' '.join(self._command)} (run it to see why)")


@contextmanager
def serving(command: Sequence[str], port: int, chosen: set[int] | None = None) -> Iterator[Server]:
    """Run a server for a while, on the core of servers unless others are given."""
    server = Server(command, port, cores()[0] if chosen is None else chosen)
    try:
        yield server
    finally:
        server.close()


def load(server: Server, kind: str, seed: int, *, count: int, seconds: float) -> dict[str, Any]:
    """Load a server from a process of its own, and return the generator's report with `cpu_us`, per request."""
    before = server.cpu_seconds()
    arguments = ["--port", str(server.port), "--kind", kind, "--seed", str(seed)]
    arguments += ["--count", str(count), "--seconds", str(seconds), "--connections", str(_CONNECTIONS)]
    with on(cores()[1]):
        done = subprocess.run(
            [sys.executable, "-m", "bench.load", *arguments], cwd=_ROOT, check=True, stdout=subprocess.PIPE
        )
    report: dict[str, Any] = json.loads(done.stdout)
    if report["failures"]:
        raise RuntimeError(f"{report['failures']} of {report['requests']} {kind} requests were not answered with 200")
    return report | {"cpu_us": (server.cpu_seconds() - before) / report["requests"] * 1e6}
