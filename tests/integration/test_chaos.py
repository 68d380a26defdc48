"""Two workers under steady load, with a Redis, while everything happens to them that may: nobody notices.

`make test-chaos` runs it at length (about three minutes); `make test` does each thing a few times.
"""

import asyncio
import os
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from random import Random

import aiohttp
import pytest

from bench.session_load import Load
from devtools.fake_provider.answers import Answer
from devtools.fake_provider.server import FakeProvider
from tests.support.chaos import MODELS, Site, Trouble
from tests.support.fake_redis import REAL, FakeRedis, RealRedis
from tests.support.processes import up


@dataclass(frozen=True)
class Extent:
    """How often each thing happens, and for how many seconds Redis is frozen and the disk full."""

    reloads: int
    kills: int
    restarts: int
    frozen: float
    full: float


EXTENT = Extent(20, 10, 10, 10.0, 10.0) if os.environ.get("POINTSMAN_CHAOS") else Extent(3, 2, 2, 1.0, 1.0)
pytestmark = pytest.mark.timeout(600 if os.environ.get("POINTSMAN_CHAOS") else 120)


@pytest.fixture(params=[RealRedis if REAL else FakeRedis])
async def redis(request):
    async with request.param() as served:
        yield served


@pytest.fixture
async def site(tmp_path, redis, unused_tcp_port):
    async with FakeProvider(default=lambda _: Answer.text(*"abc"), pace=0.002, record=False) as provider:
        site = Site(tmp_path / "config.yaml", provider.url, redis, unused_tcp_port)
        site.write(MODELS[0])
        yield site


async def everything(trouble, rng):
    """Let it all happen, in any order, with a moment between."""
    happenings = [trouble.reload] * EXTENT.reloads + [trouble.kill] * EXTENT.kills
    happenings += [trouble.restart_redis] * EXTENT.restarts + [lambda: trouble.freeze_redis(EXTENT.frozen)]
    rng.shuffle(happenings)
    for happens in happenings:
        await happens()
        await asyncio.sleep(rng.uniform(0.0, 1.0))
    with trouble.full_disk():
        await asyncio.sleep(EXTENT.full)


async def logged_again(folder):
    """Wait until decisions are written down again."""
    moment = time.time()
    async with asyncio.timeout(30):
        query = "SELECT count(*) FROM requests WHERE at > ?"
        while not any(await asyncio.to_thread(read, folder, query, moment)):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.5)


def read(folder, query, *values):
    """Return what a query finds in each file of a decision log."""
    found = []
    for path in folder.glob("*.db"):
        with closing(sqlite3.connect(path)) as database:
            found += database.execute(query, values).fetchone()
    return found


async def test_no_pin_is_wrong_and_only_requests_on_a_killed_workers_connections_fail(site, tmp_path):
    rng = Random(7)
    async with up(site.path, "--workers", "2") as gateway, aiohttp.ClientSession() as session:
        # from here on nobody reads the log, so that its pipe is full after some hundred requests
        load = Load(gateway.url, seconds=600)
        trouble = Trouble(site, gateway, rng, session)
        await trouble.all_ready()
        callers = asyncio.create_task(asyncio.to_thread(load.run))
        try:
            await everything(trouble, rng)
            await logged_again(tmp_path / "decisions")
        finally:
            load.stopped.set()
            await callers
        gateway.process.terminate()
        async with asyncio.timeout(60):
            assert await gateway.ended() == 0
    told = load.told()
    print(f"\n{EXTENT}: {told}; connections lost with workers: {len(trouble.lost)}")  # noqa: T201
    assert told["sent"] > 500
    assert told["sessions"] > 40
    # Redis was missed: a worker that said so may have been killed before anybody read its log
    assert told["unpinned"] > told["sessions"]
    assert told["wrong"] == []
    failed = [failure for failure in load.failures if failure.port not in trouble.lost]
    assert (failed, len(load.failures) <= len(trouble.lost)) == ([], True)
    assert read(tmp_path / "decisions", "PRAGMA integrity_check") == ["ok", "ok"]
    events = [line.get("event") for line in gateway.lines]
    assert events.count("worker_ended") == EXTENT.kills
    assert {"decision_log_failed", "decision_log_resumed"} <= set(events)
