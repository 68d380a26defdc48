"""What the test of chaos relies on: whose connections a process has, and that its disk can be full."""

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import ExitStack, closing
from random import Random

import pytest

from gateway.config.load import load_config
from tests.support.chaos import MODELS, Site, Trouble, peers
from tests.support.fake_redis import FakeRedis
from tests.support.processes import Gateway

WRITES = """
import sys, time
with open(sys.argv[1], "ab", buffering=0) as file:
    while True:
        try:
            file.write(b"x" * 1000)
            print("written", flush=True)
        except OSError as error:
            print(error.strerror, flush=True)
        time.sleep(0.02)
"""


def test_the_peers_of_a_process_are_those_of_the_connections_that_it_accepted():
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        other = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listening.getsockname()[1]
        callers = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(3)]
        stack.enter_context(socket.create_connection(other.getsockname()))
        for _ in range(2):
            stack.enter_context(closing(listening.accept()[0]))
        expected = sorted(caller.getsockname()[1] for caller in callers[:2])
        assert sorted(peers(os.getpid(), port)) == expected  # the third waits for whoever accepts it
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        assert peers(process.pid, port) == []
        process.communicate(b"\n")


async def test_a_full_disk_is_full_for_the_process_and_its_children_until_there_is_room(tmp_path):
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WRITES!r}, sys.argv[1]])"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(tmp_path / "file"), stdout=asyncio.subprocess.PIPE
    )
    trouble = Trouble(Site(tmp_path / "config.yaml", "", None, 0), Gateway(process), Random(1), None)

    async def says(what):
        async with asyncio.timeout(20):
            while (await process.stdout.readline()).decode().strip() != what:
                pass

    await says("written")
    with trouble.full_disk():
        await says("File too large")
        assert (tmp_path / "file").stat().st_size < 10_000
    await says("written")
    for pid in trouble.workers():
        os.kill(pid, 9)
    await process.wait()


@pytest.mark.parametrize("first", MODELS)
def test_a_configuration_that_is_turned_round_is_valid_and_there_at_once(tmp_path, first):
    redis = FakeRedis()
    redis._port = 6379
    site = Site(tmp_path / "config.yaml", "http://127.0.0.1:9", redis, 1234)
    site.write(first)
    config = load_config(site.path, {}).config
    assert config.routes()[0].models[0] == first
    assert site.admin == f"http://127.0.0.1:{config.admin.port}"
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
