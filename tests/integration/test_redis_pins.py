"""Gateways that share their pins: they agree, and no trouble with Redis becomes the caller's."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from tests.support.fake_redis import REAL, FakeRedis, RealRedis
from tests.support.gateway import CODE, config_text, load, running

PROVIDERS = [{"model": f"openai/{name}", "base_url": "http://127.0.0.1:9", "access_key": "k"} for name in ("a", "b")]
PATH = "/routing/v1/chat/completions"
BUDGET_MS, AMPLE_MS = 200, 5000
"""What a request waits for Redis: where that matters, and where a busy machine must not."""


def config(tmp_path, redis, model="openai/a", budget_ms=AMPLE_MS):
    cache = f"{{session_cache: {{type: redis, url: '{redis.url}', timeout_ms: {budget_ms}}}}}"
    return load(tmp_path, config_text(PROVIDERS, (model,), routing=cache, admin="{port: 0}"))


async def ask(gateway, session="s"):
    body = {"messages": [{"role": "user", "content": CODE}]}
    status, _, answer = await gateway.post(PATH, body, {"X-Session-Id": session})
    assert status == 200
    return answer["model"], answer["pinned"]


async def pinned_again(gateway):
    """Ask until the answer is pinned."""
    async with asyncio.timeout(10):
        while not (await ask(gateway))[1]:  # noqa: ASYNC110 - asking is the only way to know
            await asyncio.sleep(0.05)


@pytest.fixture
async def redis():
    async with FakeRedis() as server:
        yield server


@pytest.mark.parametrize(
    "kind", [FakeRedis, pytest.param(RealRedis, marks=pytest.mark.skipif(REAL is None, reason="no redis-server"))]
)
async def test_gateways_on_one_redis_agree_on_a_session(tmp_path, kind):
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(kind())
        one, other = [
            await stack.enter_async_context(running(config(tmp_path, redis, model)))
            for model in ("openai/a", "openai/b")
        ]
        assert [await ask(one), await ask(other), await ask(one)] == [
            ("openai/a", False),
            ("openai/a", True),
            ("openai/a", True),
        ]
        assert await ask(other, "t") == ("openai/b", False)
        assert await ask(one, "t") == ("openai/b", True)
        for session in "uvw":
            answers = await asyncio.gather(*(ask(gateway, session) for gateway in (one, other) * 5))
            assert len({model for model, _ in answers}) == 1


async def test_a_redis_that_stalls_delays_nobody_past_the_budget_and_pins_are_there_once_it_answers(tmp_path, redis):
    async with running(config(tmp_path, redis, budget_ms=BUDGET_MS)) as gateway:
        await ask(gateway)
        redis.stalled = True
        started = time.monotonic()
        answers = await asyncio.gather(*(ask(gateway) for _ in range(20)))
        assert (set(answers), time.monotonic() - started < BUDGET_MS / 1000 + 10) == ({("openai/a", False)}, True)
        redis.stalled = False
        await pinned_again(gateway)


async def test_a_redis_that_goes_away_and_comes_back_needs_no_restart(tmp_path, redis, log_lines):
    async with running(config(tmp_path, redis)) as gateway:
        await ask(gateway)
        await redis.stop()
        assert [await ask(gateway) for _ in range(5)] == [("openai/a", False)] * 5
        await redis.start()
        await pinned_again(gateway)
    told = [line["event"] for line in log_lines if line["event"] != "request"]
    assert told[:1] == ["redis_unavailable"]
    assert told.count("redis_unavailable") == 1


async def test_a_gateway_starts_while_redis_is_away(tmp_path, redis):
    await redis.stop()
    async with running(config(tmp_path, redis)) as gateway:
        assert await ask(gateway) == ("openai/a", False)
        await redis.start()
        await pinned_again(gateway)


async def test_the_budget_is_each_requests_own_also_on_a_connection_that_is_kept(tmp_path, redis):
    async with running(config(tmp_path, redis, budget_ms=BUDGET_MS)) as gateway:
        await ask(gateway)
        redis.delay = 0.25 * BUDGET_MS / 1000
        assert [await ask(gateway) for _ in range(8)] == [("openai/a", True)] * 8


async def test_nothing_is_connected_once_the_gateway_has_stopped(tmp_path, redis):
    async with running(config(tmp_path, redis)) as gateway:
        await ask(gateway)
        assert redis.connections > 0
    await asyncio.sleep(0.05)
    assert redis.connections == 0
