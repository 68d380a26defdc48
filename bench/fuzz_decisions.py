"""Sends random and mutated requests to a gateway of its own, over real sockets, and reports what it does wrong.

python -m bench.fuzz_decisions --requests 100000            exits with 1 where there is anything to report
python -m bench.fuzz_decisions --show 4711                  prints one of its requests
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.configuration import write
from bench.process import free_port
from tests.support.fuzz.bodies import MARKER
from tests.support.fuzz.client import Connection, Findings, fuzz
from tests.support.fuzz.requests import LIMIT, make_case

_ROOT = Path(__file__).parents[1]
_MOST_SHOWN = 40


def main() -> int:
    """Run, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--show", type=int, metavar="NUMBER")
    arguments = parser.parse_args()
    if arguments.show is not None:
        sys.stdout.buffer.write(make_case(arguments.seed, arguments.show).sent)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with _gateway(Path(folder), log) as port:
            started = time.perf_counter()
            findings = asyncio.run(_fuzz(port, arguments))
            seconds = time.perf_counter() - started
        findings.complaints += _in_the_log(log)
    return _report(findings, arguments.requests, seconds)


async def _fuzz(port: int, arguments: argparse.Namespace) -> Findings:
    await _wait(port)
    return await fuzz(port, arguments.seed, arguments.requests, connections=arguments.connections)


async def _wait(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await Connection(port).ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                return


@contextmanager
def _gateway(folder: Path, log: Path) -> Iterator[int]:
    port = free_port()
    config = write(folder, port)
    config.write_text(json.dumps(json.loads(config.read_text()) | {"limits": {"max_body_bytes": LIMIT}}))
    command = [sys.executable, "-m", "gateway", "up", str(config), "--log-level", "debug"]
    with log.open("wb") as stream, subprocess.Popen(command, cwd=_ROOT, stderr=stream) as process:
        try:
            yield port
        finally:
            process.terminate()


def _in_the_log(log: Path) -> list[str]:
    text = log.read_text(encoding="utf-8")
    bad = ("Traceback", '"crash"', '"library"', MARKER)
    return [f"the log has {word}: {line[:200]}" for line in text.splitlines() for word in bad if word in line]


def _report(findings: Findings, requests: int, seconds: float) -> int:
    answered = ", ".join(f"{count} x {status}" for status, count in sorted(findings.statuses.items()))
    print(f"{requests} requests in {seconds:.0f} s: {answered}")
    for complaint in findings.complaints[:_MOST_SHOWN]:
        print(complaint)
    print(f"{len(findings.complaints)} complaints")
    return 1 if findings.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
