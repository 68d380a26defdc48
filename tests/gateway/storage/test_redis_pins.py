"""The store against the fake Redis and, where there is one on this machine, a real one: both have to agree."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from filters.context import Pin
from gateway.storage.redis_link import RedisLink
from gateway.storage.redis_pins import RedisPinStore
from tests.support.fake_redis import REAL, FakeRedis, RealRedis

A, B = Pin("openai/gpt-4o", "one"), Pin("anthropic/claude", None, inline=True)
NEEDS_REAL = pytest.mark.skipif(REAL is None, reason="there is no redis-server on this machine")


@pytest.fixture(params=[FakeRedis, pytest.param(RealRedis, marks=NEEDS_REAL)])
async def redis(request, monkeypatch):
    monkeypatch.setattr("gateway.storage.redis_link._PATIENCE", 10.0)  # many connect at once, on any machine
    async with request.param() as server:
        yield server


@asynccontextmanager
async def store_on(server, prefix="pointsman:pin:", ttl=2, **options):
    """A store with time enough, since all that a test asks counts as one request."""
    link = RedisLink(server.url, 10)
    async with asynccontextmanager(link.lifespan)(None):
        yield RedisPinStore(link, prefix, ttl, **options)
        assert link.stats() == {"available": True, "failures": 0, "skipped": 0}


@pytest.fixture
async def store(redis):
    async with store_on(redis) as made:
        yield made


@pytest.fixture
async def sliding(redis):
    async with store_on(redis, sliding=True) as made:
        yield made


async def test_the_first_to_claim_wins_and_the_other_is_told(redis, store):
    async with store_on(redis) as other:
        assert await store.get("s") is None
        assert await store.claim("s", A) == A
        assert await other.claim("s", B) == A
        assert (await store.get("s"), await other.get("s")) == (A, A)


async def test_all_who_claim_at_once_agree(redis, store):
    async with store_on(redis) as other:
        pins = [Pin(f"p/{number}", None) for number in range(40)]
        answers = await asyncio.gather(*((store, other)[at % 2].claim("s", pin) for at, pin in enumerate(pins)))
    assert len(set(answers)) == 1
    assert await store.get("s") == answers[0]


async def test_a_fixed_pin_lives_from_the_moment_it_was_made_however_often_it_is_used(redis, store):
    await store.claim("s", A)
    await redis.pass_time(1.2)
    assert await store.get("s") == A
    assert await store.claim("s", B) == A
    await redis.pass_time(1.2)
    assert await store.get("s") is None


async def test_a_sliding_pin_lives_from_its_last_use(redis, sliding):
    await sliding.claim("s", A)
    for use in (sliding.get("s"), sliding.claim("s", B)):
        await redis.pass_time(1.2)
        assert await use == A
    await redis.pass_time(1.2)
    await sliding.move("s", B)
    await redis.pass_time(1.2)
    assert await sliding.get("s") == B
    await redis.pass_time(2.2)
    assert await sliding.get("s") is None


async def test_a_pin_that_moves_keeps_its_expiry(redis, store):
    await store.claim("s", A)
    await redis.pass_time(1.2)
    await store.move("s", B)
    assert await store.get("s") == B
    await redis.pass_time(1.2)
    assert await store.get("s") is None


async def test_a_pin_that_is_gone_is_made_anew_where_it_moves(redis, store):
    await store.move("s", A)
    assert await store.get("s") == A
    await redis.pass_time(2.2)
    assert await store.get("s") is None


async def test_a_dropped_pin_is_gone(store):
    await store.claim("s", A)
    await store.drop("s")
    await store.drop("s")
    assert await store.get("s") is None


async def test_stores_with_different_prefixes_share_nothing(redis, store):
    async with store_on(redis, "pointsman:turn:") as turns:
        await turns.claim("s", A)
        assert await store.get("s") is None


@pytest.mark.parametrize("odd", ["", "{", "[]", '"x"', '{"model": 1}', '{"model": "m", "route": 1, "inline": true}'])
async def test_what_cannot_be_read_is_no_pin_and_gives_way_to_one(odd):
    async with FakeRedis() as server, store_on(server) as store:
        server.values["pointsman:pin:s"] = (odd.encode(), float("inf"))
        assert await store.get("s") is None
        assert await store.claim("s", A) == A
        assert await store.get("s") == A


async def test_a_claim_that_meets_a_pin_just_as_it_expires_is_made_again(monkeypatch):
    async with FakeRedis() as server, store_on(server) as store:
        await store.claim("s", A)
        answer = server._answer

        def expiring(name, arguments):
            if name == "GET":
                server.values.clear()
            return answer(name, arguments)

        monkeypatch.setattr(server, "_answer", expiring)
        assert await store.claim("s", B) == B
