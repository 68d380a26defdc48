"""Workers of a supervisor. Here they are small programs; tests/integration/test_workers.py runs real gateways."""

import asyncio
import signal
import sys

import pytest

from gateway.runtime.sockets import bind
from gateway.runtime.supervisor import StartError, Supervisor

PROGRAM = """
import json, os, signal, sys, time
pipes = json.loads(sys.argv[-1])
folder = os.path.dirname(pipes["admin"])
parent = os.getppid()
for number in (signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, lambda given, _: (note(given), given == signal.SIGTERM and sys.exit(0)))
def note(what):
    with open(f"{folder}/notes", "a") as notes:
        notes.write(f"{os.path.basename(pipes['admin'])} {int(what)}\\n")
if "dies" in sys.argv:
    sys.exit(3)
note(0)
os.write(pipes["ready"], b"1")
while os.getppid() == parent:  # outlives no test run
    time.sleep(0.05)
"""


@pytest.fixture
def supervisor(tmp_path):
    sockets = bind([("127.0.0.1", 0)])

    def make(*options):
        return Supervisor(2, sockets, [sys.executable, "-c", PROGRAM, *options], {}, tmp_path)

    yield make
    for each in sockets:
        each.close()


def notes(tmp_path):
    return sorted((tmp_path / "notes").read_text().split("\n")[:-1])


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.02)


async def test_it_is_ready_once_all_listen_and_ends_when_all_have(supervisor, tmp_path):
    running, ready = supervisor(), asyncio.Event()
    task = asyncio.create_task(running.run(ready.set))
    await asyncio.wait_for(ready.wait(), 20)
    running.signalled(signal.SIGHUP)
    await until(lambda: len(notes(tmp_path)) == 4)
    running.signalled(signal.SIGTERM)
    await asyncio.wait_for(task, 20)
    assert notes(tmp_path) == [f"{number}.sock {code}" for number in (0, 1) for code in (0, 1, 15)]


async def test_a_worker_that_is_killed_is_replaced(supervisor, tmp_path, log_lines):
    running, ready = supervisor(), asyncio.Event()
    task = asyncio.create_task(running.run(ready.set))
    await asyncio.wait_for(ready.wait(), 20)
    running._processes[1].kill()
    await until(lambda: notes(tmp_path).count("1.sock 0") == 2)
    running.signalled(signal.SIGTERM)
    await asyncio.wait_for(task, 20)
    assert [line["event"] for line in log_lines] == ["worker_ended", "worker_replaced"]
    assert log_lines[0]["code"] == -signal.SIGKILL


async def test_a_worker_that_cannot_start_ends_all(supervisor):
    with pytest.raises(StartError, match="before it listened"):
        await asyncio.wait_for(supervisor("dies").run(lambda: None), 20)
