"""`pointsman up` as an operator runs it: told to stop, it finishes what is in flight and takes nothing new."""

import asyncio
import signal
import sys

import aiohttp
import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import config_text

WORDS = tuple(f"word{number} " for number in range(20))


@pytest.fixture
async def provider():
    async with FakeProvider(default=lambda _: Answer.text(*WORDS, fault=Fault(pace=0.15))) as provider:
        yield provider


@pytest.fixture
async def process(tmp_path, provider, unused_tcp_port):
    config = tmp_path / "config.yaml"
    entry = {"model": "openai/gpt", "base_url": provider.url, "access_key": "k", "default": "true"}
    config.write_text(config_text([entry]))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "up", str(config), "--port", str(unused_tcp_port),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    process.url = f"http://127.0.0.1:{unused_tcp_port}"
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def _until_it_listens(session, url):
    async with asyncio.timeout(90):
        while True:
            try:
                async with session.get(f"{url}/healthz") as answer:
                    return answer.status
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)


async def _ask_for_ever(session, url):
    while True:
        async with session.get(f"{url}/healthz", headers={"connection": "close"}):
            await asyncio.sleep(0.02)


async def test_a_stream_in_flight_is_finished_and_nothing_new_is_taken(process):
    body = {"messages": [{"role": "user", "content": "hello"}], "stream": True}
    async with aiohttp.ClientSession() as session:
        assert await _until_it_listens(session, process.url) == 200
        async with session.post(f"{process.url}/v1/chat/completions", json=body) as answer:
            said = await answer.content.readany()
            process.send_signal(signal.SIGTERM)
            with pytest.raises(aiohttp.ClientConnectionError):
                await _ask_for_ever(session, process.url)
            said += await answer.read()
    assert b"word19" in said
    assert said.endswith(b"data: [DONE]\n\n")
    async with asyncio.timeout(60):
        assert await process.wait() == 0
