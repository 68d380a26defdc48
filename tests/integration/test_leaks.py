"""Streams that end anyhow, cut by either side at any point, leave nothing behind: no socket, no task, no memory."""

import asyncio
import gc
import os
import tracemalloc
from collections import Counter
from contextlib import suppress
from itertools import product
from pathlib import Path
from random import Random

import aiohttp
import orjson
import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import config_text, load, running

STREAMS = int(os.environ.get("POINTSMAN_LEAK_STREAMS", "200"))
AT_ONCE = 20
MOST_BYTES = 500_000
"""What pools and caches may take, however many streams there were."""
WORDS = tuple(f"word{number} " for number in range(12))
MODELS = ["openai/gpt", "anthropic/claude"]
BODIES = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "hello"}]},
    "/v1/messages": {"max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]},
    "/v1/responses": {"input": "hello"},
}
ASKED = list(product(BODIES, MODELS))


def fault(rng):
    """How the provider treats one stream."""
    at = rng.uniform(-1.0, 14.0)
    return rng.choice((Fault(), Fault(pace=0.002), Fault(cut_at=at), Fault(cut_at=at, reset=True), Fault(stall_at=at)))


async def cut_somewhere(session, url, rng):
    """Ask for a stream, and read all of it or leave it at a random moment."""
    path, model = rng.choice(ASKED)
    patience = rng.choice((0.0, 0.005, 0.02, 0.05, 0.2))
    try:
        async with (
            asyncio.timeout(patience),
            session.post(
                url + path, json={**BODIES[path], "model": model, "stream": True}, headers={"X-Session-Id": "s"}
            ) as answer,
        ):
            while await answer.content.readany():
                if rng.random() < 0.1:
                    return
    except (TimeoutError, aiohttp.ClientError):
        return


async def all_at_once(gateway, rng, count):
    """Cut so many streams, some at a time, over connections that are then closed."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(session):
        async with places:
            await cut_somewhere(session, gateway.url, rng)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(one(session) for _ in range(count)))


def sockets():
    """How many sockets this process has open."""
    return sum(str(link.resolve()).rpartition("/")[2].startswith("socket:") for link in Path("/proc/self/fd").iterdir())


async def until(reached):
    """Wait a little for something to be so, and return whether it is."""
    for _ in range(150):
        if reached():
            return True
        await asyncio.sleep(0.02)
    return reached()


def memory():
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


async def test_streams_that_are_cut_anywhere_leave_nothing_behind(tmp_path, log_lines):
    rng = Random(7)
    tasks, open_sockets = len(asyncio.all_tasks()), sockets()
    async with FakeProvider(default=lambda _: Answer.text(*WORDS, fault=fault(rng)), record=False) as provider:
        config = load(tmp_path, config_text([served_by(provider, model) for model in MODELS], limits=LIMITS))
        async with running(config) as gateway:
            await all_at_once(gateway, rng, STREAMS // 2)
            assert await until(lambda: not provider.active)
            log_lines.clear()
            tracemalloc.start()
            held = memory()
            await all_at_once(gateway, rng, STREAMS)
            assert await until(lambda: not provider.active)
            log_lines.clear()
            grown = memory() - held
            tracemalloc.stop()
            assert provider.connections <= AT_ONCE
    assert await until(lambda: (len(asyncio.all_tasks()), sockets()) == (tasks, open_sockets))
    assert grown < MOST_BYTES


LIMITS = "{idle_timeout_seconds: 0.3, first_byte_timeout_seconds: 0.3, max_retries: 0}"


def served_by(provider, model):
    return {"model": model, "base_url": provider.url, "access_key": "k"}


OURS = ("filters", "gateway")
TROUBLE = {
    "none": Fault(),
    "status": Fault(status=500),
    "refusal": Fault(status=400),
    "cut before": Fault(cut_at=-1.0, reset=True),
    "cut within": Fault(cut_at=2.5),
    "no JSON": Fault(content_type="text/html"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_requests_leave_nothing_that_only_the_garbage_collector_frees(tmp_path, log_lines, trouble):
    """It seldom runs in the gateway: a body that it alone could free would stay for long."""
    async with FakeProvider(default=lambda _: Answer.text(*WORDS, fault=TROUBLE[trouble]), record=False) as provider:
        config = load(tmp_path, config_text([served_by(provider, model) for model in MODELS], limits=LIMITS))
        async with running(config) as gateway:

            async def ask(stream, path, model):
                body = orjson.dumps({**BODIES[path], "model": model, "stream": stream})
                for target, sent in ((path, body), (f"/routing{path}", body), (path, body[:-1])):
                    await answered(gateway.url, target, sent)

            ways = [(stream, *asked) for stream in (False, True) for asked in ASKED]
            for way in ways:
                await ask(*way)
            gc.collect()
            gc.disable()
            try:
                for way in ways * 5:
                    await ask(*way)
                log_lines.clear()
                gc.set_debug(gc.DEBUG_SAVEALL)
                gc.collect()
                left = Counter(type(each).__name__ for each in gc.garbage if type(each).__module__.startswith(OURS))
            finally:
                gc.set_debug(0)
                gc.garbage.clear()
                gc.enable()
    assert not left


async def answered(url, path, body):
    """Ask over a connection of our own, and read until the gateway ends it: a client would leave garbage, too."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Session-Id: s\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    with suppress(ConnectionError):
        await reader.read()
    writer.close()
