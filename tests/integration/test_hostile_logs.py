"""Whatever becomes of the log, the gateway serves, and ends when it is told to."""

import asyncio
import os
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.support.processes import ROOT

CONFIG = """
model_providers:
  - model: openai/gpt-4o
    access_key: k
"""
BODY = {"messages": [{"role": "user", "content": "hello"}]}
REQUESTS = 600


def free_port():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


@asynccontextmanager
async def started(config: Path, redirections: str, **options):
    """Run `pointsman up` with its streams redirected as a shell does it; give the process and its address."""
    port = free_port()
    command = f'exec "{sys.executable}" -m gateway up "{config}" --address 127.0.0.1 --port {port} {redirections}'
    process = await asyncio.create_subprocess_exec("sh", "-c", command, cwd=ROOT, **options)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until_it_listens(session, url):
    async with asyncio.timeout(60):
        while True:
            try:
                async with session.get(f"{url}/healthz"):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


async def serves_and_ends(process, url):
    """Send so many requests that their lines would fill a pipe twice, then stop it."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        await until_it_listens(session, url)
        for _ in range(REQUESTS):
            async with session.post(f"{url}/routing/v1/chat/completions", json=BODY) as answer:
                assert answer.status == 200
        async with session.get(f"{url}/healthz") as answer:
            assert answer.status == 200
    process.terminate()
    async with asyncio.timeout(20):
        assert await process.wait() == 0


@pytest.mark.parametrize("redirections", ["2>&-", "<&- >&- 2>&-", "2>/dev/full", "2>/dev/null"])
async def test_a_log_that_cannot_be_written_stops_nothing(config, redirections):
    async with started(config, redirections) as (process, url):
        await serves_and_ends(process, url)


async def test_a_pipe_that_nobody_reads_stops_nothing(config):
    read, write = os.pipe()
    async with started(config, "", stderr=write) as (process, url):
        os.close(write)
        await serves_and_ends(process, url)
    os.close(read)


async def test_a_pipe_that_is_closed_at_its_far_end_stops_nothing(config):
    read, write = os.pipe()
    async with started(config, "", stderr=write) as (process, url):
        os.close(write)
        os.close(read)
        await serves_and_ends(process, url)
