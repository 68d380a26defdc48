import asyncio
import os

from gateway.runtime.worker import WorkerPipes, drain_without, tell_ready


def test_what_a_worker_is_given_survives_its_command_line():
    pipes = WorkerPipes((5, 6), 7, 8, "/tmp/0.sock", "/tmp/config.yaml")
    assert WorkerPipes.load(pipes.dump()) == pipes


def test_the_configuration_that_serves_is_kept_for_one_that_comes_later(tmp_path):
    pipes = WorkerPipes((), 7, 8, "", str(tmp_path / "config.yaml"))
    assert pipes.last_kept() is None
    for text in ("a: ü\n", "b: 1\n"):
        pipes.keep(text)
        assert WorkerPipes.load(pipes.dump()).last_kept() == text
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_a_worker_says_that_it_listens():
    told, tell = os.pipe()
    tell_ready(tell)
    assert os.read(told, 10) == b"1"
    os.close(told)


async def test_without_its_supervisor_a_worker_drains():
    lifeline, held = os.pipe()
    drained = []
    waiting = asyncio.create_task(drain_without(lifeline, lambda: drained.append(True)))
    await asyncio.sleep(0.05)
    assert drained == []
    os.close(held)
    await asyncio.wait_for(waiting, 5)
    os.close(lifeline)
    assert drained == [True]
