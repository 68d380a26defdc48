"""`pointsman up --workers 2`: real processes that share a port, their pins in one Redis and one admin listener."""

import asyncio
import os
import signal
from itertools import count
from pathlib import Path

import aiohttp
import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.server import FakeProvider
from tests.support.fake_redis import FakeRedis
from tests.support.gateway import CODE, config_text
from tests.support.processes import start, up

BODY = {"model": "auto", "messages": [{"role": "user", "content": CODE}]}
MODELS = ("openai/one", "openai/two")


@pytest.fixture
async def redis():
    async with FakeRedis() as served:
        yield served


@pytest.fixture
async def provider():
    async with FakeProvider(default=lambda _: Answer.text("hello")) as served:
        yield served


@pytest.fixture
def write(tmp_path, provider, redis, unused_tcp_port):
    path = tmp_path / "config.yaml"

    def write(first=MODELS[0]):
        providers = [{"model": model, "base_url": provider.url, "access_key": "k"} for model in MODELS]
        routing = f"{{session_cache: {{type: redis, url: '{redis.url}', timeout_ms: 1000}}}}"
        path.write_text(config_text(providers, (first,), routing=routing, admin=f"{{port: {unused_tcp_port}}}"))
        return path

    write.admin = f"http://127.0.0.1:{unused_tcp_port}"
    return write


async def decide(session, gateway, ident):
    # a connection of its own, so that any worker may take it
    headers = {"Connection": "close"} | ({"X-Session-Id": ident} if ident else {})
    async with session.post(f"{gateway.url}/v1/chat/completions", json=BODY, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return answer.headers["x-pointsman-model"], answer.headers.get("x-pointsman-pinned")


def workers_of(process):
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


async def test_they_share_pins_and_reload_together_and_a_killed_one_is_replaced(write):
    async with up(write(), "--workers", "2") as gateway, aiohttp.ClientSession() as session:
        pids = workers_of(gateway.process)
        assert len(pids) == 2
        assert await decide(session, gateway, "pinned") == (MODELS[0], "false")
        write(MODELS[1])
        gateway.process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(20):
            for number in range(20):  # until each worker has the new file, whoever takes the connection
                tries = count()
                while (await decide(session, gateway, f"new-{number}-{next(tries)}"))[0] != MODELS[1]:
                    pass
        assert {await decide(session, gateway, "pinned") for _ in range(10)} == {(MODELS[0], "true")}
        async with session.get(f"{write.admin}/clusters") as answer:
            assert [len(worker["clusters"]) for worker in (await answer.json())["workers"]] == [2, 2]
        os.kill(pids[0], signal.SIGKILL)
        assert {await decide(session, gateway, "pinned") for _ in range(10)} == {(MODELS[0], "true")}
        async with asyncio.timeout(30):
            while len(set(workers_of(gateway.process)) - {pids[0]}) < 2:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        gateway.process.terminate()
        async with asyncio.timeout(20):
            assert await gateway.ended() == 0
    events = [line["event"] for line in gateway.lines if "event" in line]
    assert events.count("worker_ended") == 1
    assert events.count("stopped") >= 1


async def test_one_that_dies_while_the_file_is_wrong_is_replaced_by_one_with_the_configuration_that_serves(write):
    path = write()
    async with up(path, "--workers", "2") as gateway, aiohttp.ClientSession() as session:
        write(MODELS[1])
        gateway.process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(60):
            while not await all_decide(session, gateway, MODELS[1]):
                pass
        path.write_text("model_providers: 5")
        os.kill(workers_of(gateway.process)[0], signal.SIGKILL)
        await gateway.says("worker_replaced")
        assert await all_decide(session, gateway, MODELS[1])


async def all_decide(session, gateway, model):
    """Whether 20 connections, taken by whichever worker is free, all come to this model."""
    return {(await decide(session, gateway, None))[0] for _ in range(20)} == {model}


async def test_where_the_supervisor_dies_its_workers_drain(write):
    async with up(write(), "--workers", "2") as gateway:
        pids = workers_of(gateway.process)
        gateway.process.kill()
        async with asyncio.timeout(60):
            while any(os.path.exists(f"/proc/{pid}") for pid in pids):  # noqa: ASYNC110,ASYNC240,PTH110
                await asyncio.sleep(0.05)


async def test_without_a_shared_store_they_are_refused_with_that_reason(write):
    path = write()
    path.write_text(path.read_text().replace("type: redis", "type: memory"))
    gateway = await start(path, "--workers", "2")
    said = (await gateway.process.stderr.read()).decode()
    assert await gateway.process.wait() == 1
    assert "--workers 2 needs pins that processes share" in said


async def test_they_are_one_gateway_to_who_watches_and_to_who_asks_for_a_response_again(write):
    async with up(write(), "--workers", "2") as gateway, aiohttp.ClientSession() as session:
        live = await session.get(f"{write.admin}/api/live")
        assert await live.content.readline() == b": watching\n"
        workers = {f"{write.admin}/api/requests?worker={number}" for number in (0, 1)}
        async with asyncio.timeout(60):
            while not all([await requests(session, url) for url in workers]):  # until each has served something
                await asyncio.gather(*(decide(session, gateway, None) for _ in range(8)))
        served = sum([await requests(session, url) for url in workers])
        assert await requests(session, f"{write.admin}/api/requests") == served
        seen = b""
        async with asyncio.timeout(60):
            while seen.count(b'"method":"POST"') < served:
                seen += await live.content.readany()
        live.close()
        async with session.post(f"{gateway.url}/v1/responses", json={"input": "hi", "model": MODELS[0]}) as answer:
            ident = (await answer.json())["id"]
        kept = [await retrieved(session, gateway, ident) for _ in range(10)]
        assert set(kept) == {"openai/one"}


async def requests(session, url):
    async with session.get(url) as answer:
        return len((await answer.json())["requests"])


async def retrieved(session, gateway, ident):
    """Ask for a response on a connection of its own, and return whose provider was asked."""
    async with session.get(f"{gateway.url}/v1/responses/{ident}", headers={"Connection": "close"}) as answer:
        return answer.headers.get("x-pointsman-model")
