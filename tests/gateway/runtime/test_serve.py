"""How `pointsman up`, as a process, begins and ends."""

import asyncio
import gc
import signal
import socket
import time

import aiohttp
import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from gateway.runtime.serve import settle
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


async def until_refused(session, url):
    async with asyncio.timeout(30):
        while True:
            try:
                await session.get(url, headers={"Connection": "close"})
            except aiohttp.ClientConnectorError:
                return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_what_is_in_flight_finish_and_takes_nothing_new(config, number):
    async with up(config) as gateway, aiohttp.ClientSession() as session:
        async with session.post(f"{gateway.url}/v1/chat/completions", json=STREAM) as answer:
            begun = await answer.content.readany()
            gateway.process.send_signal(number)
            await until_refused(session, f"{gateway.url}/healthz")
            whole = begun + await answer.content.read()
        assert whole.rstrip().endswith(b"data: [DONE]")
        async with asyncio.timeout(30):
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
        async with asyncio.timeout(30):
            assert await gateway.ended() == 0
        assert time.monotonic() - terminated >= 1.5
        await provider.wait_for_disconnect()
    [line] = [line for line in gateway.lines if line["event"] == "request"]
    assert (line["status"], line["broken"]) == (503, "drained")
    assert not [line for line in gateway.lines if line["event"] == "upstream_broke_off"]


async def test_a_second_signal_cuts_off_what_is_in_flight_and_ends_cleanly(config, provider):
    provider.default = lambda _: Answer.text(*"abcdef", fault=Fault(stall_at=2.0))
    async with (
        up(config) as gateway,
        aiohttp.ClientSession() as session,
        session.post(f"{gateway.url}/v1/chat/completions", json=STREAM) as answer,
    ):
        await answer.content.readany()
        gateway.process.terminate()
        await gateway.says("draining")
        gateway.process.terminate()
        assert b'"error"' in await answer.content.read()
        async with asyncio.timeout(30):
            assert await gateway.ended() == 0
    said = [line["event"] for line in gateway.lines]
    assert said.index("draining") < said.index("cut_off") < said.index("stopped")


async def test_before_it_stops_listening_it_says_that_it_is_not_ready(config):
    config.write_text(config.read_text().replace("drain_seconds: 5", "drain_seconds: 5, drain_delay_seconds: 2"))
    async with up(config) as gateway, aiohttp.ClientSession() as session:
        async with session.get(f"{gateway.url}/readyz") as answer:
            assert answer.status == 200
        gateway.process.terminate()
        await gateway.says("draining")
        async with session.get(f"{gateway.url}/readyz") as answer:
            assert (answer.status, await answer.json()) == (503, {"status": "draining"})
        async with session.get(f"{gateway.url}/v1/models") as answer:
            assert (answer.status, answer.headers["Connection"]) == (200, "close")
        assert await gateway.ended() == 0


async def test_a_hang_up_reads_the_configuration_again(config):
    async with up(config) as gateway, aiohttp.ClientSession() as session:
        config.write_text(config.read_text() + "\nmodel_aliases: {mine: {target: openai/gpt}}\n")
        gateway.process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(10):
            while True:
                async with session.get(f"{gateway.url}/v1/models") as answer:
                    if "mine" in await answer.text():
                        break
                await asyncio.sleep(0.05)
        config.write_text("model_providers: 3")
        gateway.process.send_signal(signal.SIGHUP)
        await asyncio.sleep(0.5)
        async with session.get(f"{gateway.url}/v1/models") as answer:
            assert "mine" in await answer.text()
        gateway.process.terminate()
        assert await gateway.ended() == 0
    [refused] = [line for line in gateway.lines if line["event"] == "configuration_refused"]
    assert "model_providers" in refused["errors"][0]


async def test_a_port_that_is_taken_is_a_clear_message_and_exit_code_1(config):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        gateway = await start(config, port=port)
        _, told = await gateway.process.communicate()
    assert gateway.process.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on: " in told.decode()
    assert "address already in use" in told.decode().lower()
    assert "Traceback" not in told.decode()


def test_the_garbage_collector_passes_over_what_was_made_at_start_and_looks_rarely():
    before = gc.get_threshold()
    try:
        settle()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] >= 10_000
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
