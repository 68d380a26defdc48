"""Two gateways with one Redis hold a caller to its limits together, and do as configured while Redis stands still."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from gateway.config.load import load_config
from tests.support.fake_redis import REAL, RealRedis
from tests.support.gateway import running
from tests.support.hostile.shared_limits import DECISION, HEADERS, PROXIED, Sent, in_any_minute, paced, send, write
from tests.support.upstream import upstream

pytestmark = [
    pytest.mark.skipif(REAL is None, reason="redis-server is not installed"),
    pytest.mark.timeout(120),
]
IN_FLIGHT, TOKENS = 8, 10


@asynccontextmanager
async def two_gateways(tmp_path, limits, path, on_failure="allow", **more):
    """Give the addresses of two gateways, and their Redis."""
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(RealRedis())
        stack.callback(redis.freeze, frozen=False)
        path_of_config = write(tmp_path / "config.yaml", redis.url, limits, on_failure=on_failure, **more)
        config = load_config(path_of_config, {}).config
        gateways = [await stack.enter_async_context(running(config)) for _ in range(2)]
        yield [gateway.url + path for gateway in gateways], redis


async def answered(_):
    usage = {"prompt_tokens": TOKENS - 1, "completion_tokens": 1}
    choice = {"message": {"content": "hi"}, "finish_reason": "stop"}
    return web.json_response({"id": "1", "choices": [choice], "usage": usage})


async def test_both_together_let_through_what_the_limit_says_and_no_more(tmp_path):
    async with two_gateways(tmp_path, "requests_per_minute: 30", DECISION) as (urls, _):
        sent = await paced(urls, 4, 25)
    assert [each.status for each in sent].count(200) == 30
    assert {each.status for each in sent} == {200, 429}
    assert {each.uncounted for each in sent} == {None}


@pytest.mark.parametrize("budget", [f"tokens: {50 * TOKENS}", f"usd: {50 * TOKENS / 1e6:f}"])
async def test_a_budget_is_overrun_by_no_more_than_what_is_in_flight(tmp_path, budget):
    statuses = []

    async def spend(session, url):
        while (sent := await send(session, url)).status == 200:
            statuses.append(sent.status)

    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(upstream(answered))
        budgets = f"budgets: [{{per: day, {budget}}}]"
        gateways = two_gateways(tmp_path, budgets, PROXIED, provider=provider.url, timeout_ms=10_000)
        urls, _ = await stack.enter_async_context(gateways)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        await asyncio.gather(*(spend(session, urls[number % 2]) for number in range(IN_FLIGHT)))
    assert 50 <= len(statuses) <= 50 + IN_FLIGHT


@pytest.mark.parametrize(("on_failure", "status"), [("allow", 200), ("deny", 503)])
async def test_while_redis_stands_still_the_configured_mode_holds_and_then_it_counts_again(
    tmp_path, on_failure, status
):
    async with two_gateways(tmp_path, "requests_per_minute: 10", DECISION, on_failure) as (urls, redis):
        assert {each.status for each in await paced(urls, 0.5, 8)} == {200}
        redis.freeze(frozen=True)
        assert {each.status for each in await paced(urls, 2, 4)} == {status}
        async with aiohttp.ClientSession() as session:
            frozen = await send(session, urls[0])
            assert (frozen.status, frozen.uncounted) == (status, "requests" if status == 200 else None)
            redis.freeze(frozen=False)
            async with asyncio.timeout(20):
                while "x-ratelimit-limit-requests" not in await headers(session, urls[0]):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            after = await paced(urls, 2, 20)
    assert [each.status for each in after].count(200) <= 10
    assert after[-1].status == 429


async def headers(session, url):
    async with session.post(url, json={"messages": []}, headers=HEADERS) as answer:
        return answer.headers


def test_the_fewest_and_the_most_of_any_minute_are_counted_within_the_run():
    sent = [Sent(at, 200 if at < 10 or at > 60 else 429, None) for at in range(130)]
    assert in_any_minute(sent) == (9, 60)
