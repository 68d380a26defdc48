"""Many callers who do little, and one who does much, take nothing from the others: compared in turn, within one run."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from filters.auth.api_keys import hash_of, new_key
from tests.support.hostile.crowd import COMPLETION, Provider, allow_files, crowd, latencies, told
from tests.support.hostile.probe import percentile
from tests.support.processes import up
from tests.support.upstream import upstream

CROWD = 1000
ROUNDS, REQUESTS = 2, 100
PATH = "/v1/chat/completions"
HELLO = {"model": "mine/m", "messages": [{"role": "user", "content": "hello"}]}
GREEDY, MODEST = new_key(), new_key()
CONFIG = """
model_providers:
  - model: mine/m
    base_url: {url}
    access_key: k
"""
KEYS = f"""
limits: {{max_in_flight: 20, queue_seconds: 60}}
api_keys:
  - name: greedy
    hash: {hash_of(GREEDY)}
  - name: modest
    hash: {hash_of(MODEST)}
"""
pytestmark = pytest.mark.timeout(240)


@asynccontextmanager
async def gateway_before(reply, tmp_path, more=""):
    config = tmp_path / "config.yaml"
    async with upstream(reply) as provider:
        config.write_text(CONFIG.format(url=provider.url) + more)
        async with up(config) as gateway, aiohttp.ClientSession() as session:
            yield gateway, session


async def ask(session, url, key=""):
    async with session.post(url, json=HELLO, headers={"Authorization": f"Bearer {key}"}) as answer:
        await answer.read()
        return answer.status


def at_most_doubles(calm, crowded):
    """Compare at the 99th percentile, and leave room for a machine that does something else for a moment."""
    return percentile(crowded, 0.99) < 2 * percentile(calm, 0.99) + 20


async def test_a_thousand_slow_connections_are_not_noticed_by_others(tmp_path):
    allow_files(4 * CROWD)
    provider, calm, crowded = Provider(), [], []
    async with gateway_before(provider, tmp_path) as (gateway, session):
        question = partial(ask, session, gateway.url + PATH)
        await latencies(question, 20)
        for _ in range(ROUNDS):
            calm += await latencies(question, REQUESTS)
            async with crowd(URL(gateway.url).port, CROWD):
                await provider.stalled()
                crowded += await latencies(question, REQUESTS)
            await asyncio.sleep(0.5)
        assert gateway.process.returncode is None
    print(told(calm, crowded))  # noqa: T201
    assert at_most_doubles(calm, crowded), told(calm, crowded)


async def test_a_greedy_caller_does_not_keep_a_modest_one_waiting(tmp_path):
    async def in_a_while(_):
        await asyncio.sleep(0.1)
        return web.json_response(COMPLETION)

    calm, crowded, served = [], [], []

    async def greedy(url):
        async with aiohttp.ClientSession() as session:
            while True:
                served.append(await ask(session, url, GREEDY))

    async with gateway_before(in_a_while, tmp_path, KEYS) as (gateway, session):
        url = gateway.url + PATH
        question = partial(ask, session, url, MODEST)
        for _ in range(ROUNDS):
            calm += await latencies(question, 25)
            tasks = [asyncio.create_task(greedy(url)) for _ in range(100)]
            await asyncio.sleep(0.5)
            crowded += await latencies(question, 25)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0.3)
    print(told(calm, crowded))  # noqa: T201
    assert at_most_doubles(calm, crowded), told(calm, crowded)
    assert served.count(200) > 10 * ROUNDS
