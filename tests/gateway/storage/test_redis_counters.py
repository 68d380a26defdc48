"""Counters in a real Redis where there is one, and in one that fails."""

import asyncio
from contextlib import asynccontextmanager
from contextvars import Context

import pytest
from aiohttp import web

from filters.counters import Addition
from gateway.storage.links import Links
from gateway.storage.redis_counters import RedisCounters
from tests.support.fake_redis import REAL, FakeRedis, RealRedis

real = pytest.mark.skipif(REAL is None, reason="redis-server is not installed")


@asynccontextmanager
async def counters(url, patience=1.0):
    links = Links()
    link = links.link("counters.url", url, patience)
    async with links.opened(link, web.Application()):
        yield RedisCounters(link)


def fresh(coroutine):
    """Run as a request of its own, which has waited for nothing yet."""
    return asyncio.create_task(coroutine, context=Context())


async def until(reached):
    async with asyncio.timeout(5):
        while not await fresh(reached()):  # noqa: ASYNC110 - what is stored has no event
            await asyncio.sleep(0.01)


@real
async def test_a_window_is_one_for_all_gateways():
    async with RealRedis() as redis, counters(redis.url) as one, counters(redis.url) as other:
        asked = [await (one, other)[number % 2].acquire("requests:ann", 5, 60) for number in range(8)]
        assert [window.allowed for window in asked] == [True] * 5 + [False] * 3
        assert [window.used for window in asked] == [1, 2, 3, 4, 5, 5, 5, 5]
        assert all(50 < window.reset <= 60 for window in asked)
        assert (await one.acquire("requests:bob", 1, 60)).allowed


@real
async def test_a_window_is_looked_at_without_taking_a_place():
    async with RealRedis() as redis, counters(redis.url) as one:
        assert (await one.window("k", 2, 60))[:2] == (True, 0)
        await one.acquire("k", 2, 60)
        await one.acquire("k", 2, 60)
        for _ in range(2):
            allowed, used, reset = await one.window("k", 2, 60)
            assert (allowed, used) == (False, 2)
            assert 50 < reset <= 60


@real
async def test_two_gateways_together_let_no_more_through_than_the_limit():
    async with RealRedis() as redis, counters(redis.url) as one, counters(redis.url) as other:
        asked = await asyncio.gather(*(each.acquire("k", 60, 60) for _ in range(50) for each in (one, other)))
        assert sum(window.allowed for window in asked if window) == 60


@real
async def test_a_place_is_free_again_when_the_window_has_moved():
    async with RealRedis() as redis, counters(redis.url) as one:
        assert (await one.acquire("k", 1, 1)).allowed
        assert not (await one.acquire("k", 1, 1)).allowed
        await asyncio.sleep(1.1)
        assert (await one.acquire("k", 1, 1)).allowed


@real
async def test_totals_are_one_for_all_gateways_and_end():
    async with RealRedis() as redis, counters(redis.url) as one, counters(redis.url) as other:
        for _ in range(3):
            one.add([Addition("a", 2, 60), Addition("b", 10**15, 60)])
            other.add([Addition("a", 1, 60), Addition("short", 1, 1)])

        async def all_there():
            return (await one.totals(["a", "b", "none"])) == [9, 3 * 10**15, 0]

        await until(all_there)
        assert await other.totals(["a"]) == [9]

        async def ended():
            return (await one.totals(["short"])) == [0]

        await until(ended)


async def test_a_redis_that_is_away_is_not_waited_for_and_is_asked_again_when_it_is_back():
    async with FakeRedis() as redis, counters(redis.url, 0.05) as one:
        redis.values["pointsman:count:a"] = (b"7", float("inf"))
        assert await one.totals(["a", "b"]) == [7, 0]
        redis.stalled = True
        started = asyncio.get_running_loop().time()
        assert await fresh(one.totals(["a"])) is None
        assert await fresh(one.acquire("k", 1, 60)) is None
        one.add([Addition("a", 1, 60)])
        assert asyncio.get_running_loop().time() - started < 5
        redis.stalled = False

        async def back():
            return (await one.totals(["a"])) == [7]

        await until(back)


async def test_a_redis_that_refuses_is_as_one_that_is_away():
    async with FakeRedis() as redis, counters(redis.url) as one:
        redis.refuses = {"MGET": "NOPERM no", "EVALSHA": "NOPERM no"}
        assert await one.totals(["a"]) is None
        assert await one.acquire("k", 1, 60) is None
