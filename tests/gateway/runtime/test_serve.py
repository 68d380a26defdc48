"""How `pointsman up`, as a process, begins and ends."""

import asyncio
import signal
import socket
import time

import aiohttp
import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import config_text
from tests.support.processes import start, up

STREAM = {"model": "openai/gpt", "stream": True, "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
async def provider():
    async with FakeProvider(default=lambda _: Answer.text(*"abcdef", fault=Fault(pace=0.15))) as served:
        yield served


@pytest.fixture
def config(tmp_path, provider):
    path = tmp_path / "config.yaml"
    providers = [{"model": "openai/gpt", "base_url": provider.url, "access_key": "k"}]
    path.write_text(config_text(providers, limits="{drain_seconds: 5}"))
    return path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_what_is_in_flight_finish_and_takes_nothing_new(config, number):
    async with up(config) as gateway, aiohttp.ClientSession() as session:
        async with session.post(f"{gateway.url}/v1/chat/completions", json=STREAM) as answer:
            begun = await answer.content.readany()
            gateway.process.send_signal(number)
            await asyncio.sleep(0.2)
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(f"{gateway.url}/healthz", headers={"Connection": "close"})
            whole = begun + await answer.content.read()
        assert whole.rstrip().endswith(b"data: [DONE]")
        async with asyncio.timeout(5):
            assert await gateway.ended() == 0
    assert [line["status"] for line in gateway.lines if line["event"] == "request"] == [200]


async def test_what_does_not_finish_in_time_ends_in_an_error_event_and_the_provider_is_told(config, provider):
    provider.default = lambda _: Answer.text(*"abcdef", fault=Fault(stall_at=2.0))
    config.write_text(config.read_text().replace("drain_seconds: 5", "drain_seconds: 1.5"))
    async with up(config) as gateway, aiohttp.ClientSession() as session:
        async with session.post(f"{gateway.url}/v1/chat/completions", json=STREAM) as answer:
            await answer.content.readany()
            gateway.process.terminate()
            terminated = time.monotonic()
            last = (await answer.content.read()).rstrip().split(b"\n\n")[-1]
        assert b'"error"' in last
        assert b"the gateway is shutting down" in last
        async with asyncio.timeout(5):
            assert await gateway.ended() == 0
        assert 1.5 <= time.monotonic() - terminated < 2.7
        await provider.wait_for_disconnect()
    [line] = [line for line in gateway.lines if line["event"] == "request"]
    assert (line["status"], line["broken"]) == (503, "drained")
    assert not [line for line in gateway.lines if line["event"] == "upstream_broke_off"]


async def test_a_second_signal_ends_at_once(config, provider):
    provider.default = lambda _: Answer.text(*"abcdef", fault=Fault(stall_at=2.0))
    async with (
        up(config) as gateway,
        aiohttp.ClientSession() as session,
        session.post(f"{gateway.url}/v1/chat/completions", json=STREAM) as answer,
    ):
        await answer.content.readany()
        gateway.process.terminate()
        await asyncio.sleep(0.2)
        gateway.process.terminate()
        async with asyncio.timeout(2):
            assert await gateway.ended() == -signal.SIGTERM


async def test_a_port_that_is_taken_is_a_clear_message_and_exit_code_1(config):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        gateway = await start(config, port=port)
        _, told = await gateway.process.communicate()
    assert gateway.process.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on: " in told.decode()
    assert "address already in use" in told.decode().lower()
    assert "Traceback" not in told.decode()
