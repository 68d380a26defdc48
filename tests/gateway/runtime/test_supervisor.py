"""Workers of a supervisor. Here they are small programs; tests/integration/test_workers.py runs real gateways."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from filters.errors import ConfigError
from gateway.config.load import load_config
from gateway.runtime import supervisor as module
from gateway.runtime.sockets import bind
from gateway.runtime.supervisor import StartError, Supervisor, supervise
from tests.support.waiting import until

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
if "dies" in sys.argv or os.path.exists(f"{folder}/broken"):
    note(99)
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


@asynccontextmanager
async def running(supervisor):
    """Run a supervisor whose workers have come to listen, and stop it."""
    ready = asyncio.Event()
    task = asyncio.create_task(supervisor.run(ready.set))
    await asyncio.wait_for(ready.wait(), 20)
    try:
        yield task
    finally:
        supervisor.signalled(signal.SIGTERM)
        await asyncio.wait_for(task, 20)


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


async def test_workers_that_have_come_to_listen_are_stopped_where_another_has_not(supervisor, tmp_path):
    made = supervisor()
    start, number = made._start, iter((True, False))

    async def starts(worker):
        return await start(worker) and next(number)

    made._start = starts
    with pytest.raises(StartError):
        await asyncio.wait_for(made.run(lambda: pytest.fail("it is not ready")), 20)
    assert notes(tmp_path).count("0.sock 15") + notes(tmp_path).count("1.sock 15") == 2


async def test_one_that_does_not_come_back_is_tried_ever_more_slowly_while_the_other_goes_on(
    supervisor, tmp_path, log_lines, monkeypatch
):
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(module, "_LONGEST_PAUSE", 0.1)
    made = supervisor()
    async with running(made):
        (tmp_path / "broken").touch()
        made._processes[1].kill()
        await until(lambda: notes(tmp_path).count("1.sock 99") >= 4)
        assert made._processes[0].returncode is None
        (tmp_path / "broken").unlink()
        await until(lambda: any(line["event"] == "worker_replaced" for line in log_lines))
    pauses = [line["restart_seconds"] for line in log_lines if line["event"] == "worker_ended"]
    assert pauses[:4] == [0.04, 0.08, 0.1, 0.1]
    assert {line["worker"] for line in log_lines} == {1}


async def test_one_that_has_run_well_for_a_while_is_replaced_as_fast_as_the_first_time(
    supervisor, tmp_path, log_lines, monkeypatch
):
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(module, "_SETTLED", 0.0)
    made = supervisor()
    async with running(made):
        for times in (2, 3):
            made._processes[0].kill()
            await until(lambda times=times: notes(tmp_path).count("0.sock 0") == times)
    assert [line["restart_seconds"] for line in log_lines if line["event"] == "worker_ended"] == [0.02, 0.02]


async def test_told_to_stop_while_a_worker_is_away_it_starts_no_other(supervisor, tmp_path, log_lines, monkeypatch):
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.1)
    made = supervisor()
    async with running(made):
        made._processes[0].kill()
        await until(lambda: log_lines)
    assert notes(tmp_path) == ["0.sock 0", "1.sock 0", "1.sock 15"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signals_of_the_process_are_those_of_the_supervisor(supervisor, tmp_path, number):
    made, ready = supervisor(), asyncio.Event()
    task = asyncio.create_task(made.run(ready.set))
    await asyncio.wait_for(ready.wait(), 20)
    signal.raise_signal(signal.SIGHUP)
    await until(lambda: "0.sock 1" in notes(tmp_path) and "1.sock 1" in notes(tmp_path))
    signal.raise_signal(number)
    if number == signal.SIGINT:
        made.signalled(signal.SIGTERM)  # these programs leave it alone
    await asyncio.wait_for(task, 20)
    assert all(process.returncode is not None for process in made._processes.values())


async def test_once_told_to_stop_it_takes_no_connections_itself(supervisor):
    made = supervisor()
    async with running(made):
        assert all(held.fileno() >= 0 for held in made._sockets)
    assert all(held.fileno() == -1 for held in made._sockets)


async def test_workers_notice_its_death_by_the_lifeline(supervisor):
    made = supervisor()
    async with running(made):
        lifeline, held = made._lifeline, made._held
        assert os.get_inheritable(held) is False
        assert os.fstat(lifeline).st_ino == os.fstat(held).st_ino
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(held)


def test_each_worker_has_an_admin_socket_by_its_number(supervisor, tmp_path):
    assert supervisor().admin_sockets == [tmp_path / "0.sock", tmp_path / "1.sock"]


async def test_where_the_admin_address_is_taken_no_worker_is_started(supervisor, tmp_path):
    (taken,) = bind([("127.0.0.1", 0)])
    path = tmp_path / "config.yaml"
    path.write_text(f"model_providers: [{{model: openai/gpt}}]\nadmin: {{port: {taken.getsockname()[1]}}}\n")
    with taken, pytest.raises(ConfigError, match="cannot be listened on"):
        await supervise(supervisor(), load_config(path, {}).config, web.Application(), lambda: None)
    assert not (tmp_path / "notes").exists()


async def test_the_admin_application_is_served_as_long_as_there_are_workers(supervisor, tmp_path, unused_tcp_port):
    path = tmp_path / "config.yaml"
    path.write_text(f"model_providers: [{{model: openai/gpt}}]\nadmin: {{port: {unused_tcp_port}}}\n")
    made, ready, admin = supervisor(), asyncio.Event(), web.Application()

    async def here(_):
        return web.Response(text="here")

    admin.router.add_get("/", here)
    task = asyncio.create_task(supervise(made, load_config(path, {}).config, admin, ready.set))
    await asyncio.wait_for(ready.wait(), 20)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{unused_tcp_port}/") as answer:
            assert await answer.text() == "here"
        made.signalled(signal.SIGTERM)
        await asyncio.wait_for(task, 20)
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(f"http://127.0.0.1:{unused_tcp_port}/")
