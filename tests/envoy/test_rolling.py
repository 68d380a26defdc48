"""Mixed requests while processors and upstreams are restarted one after the other: none fails, none is misled.

`POINTSMAN_ENVOY_REQUESTS` says how many; the default is what the test is held to.
"""

import asyncio
import itertools
import json
import os
from collections import Counter
from contextlib import AsyncExitStack

import aiohttp
import pytest
from yarl import URL

from devtools.fake_provider.server import FakeProvider
from tests.envoy.conftest import deploy
from tests.support.envoy import NEEDS_ENVOY, PROMPT_CODE, PROMPT_OTHER, PROMPT_REASON, RECIPES, addressed, cluster_of
from tests.support.fake_redis import REAL, RealRedis

pytestmark = [NEEDS_ENVOY, pytest.mark.skipif(REAL is None, reason="there is no redis-server on this machine")]
REQUESTS = int(os.environ.get("POINTSMAN_ENVOY_REQUESTS", "10000"))
AT_ONCE = 12
CLAUDE, GPT, MINI = "anthropic/claude-sonnet-4-20250514", "openai/gpt-4o", "openai/gpt-4o-mini"
SAID = {CLAUDE: PROMPT_CODE, GPT: PROMPT_REASON, MINI: PROMPT_OTHER}
KINDS = tuple(itertools.product(("decision", "whole", "stream"), ("chat", "messages"), SAID))


class Upstreams:
    """Two fake providers of one name, each of which can be restarted at its port while the other serves."""

    async def __aenter__(self):
        self.each = [await FakeProvider(record=False).__aenter__() for _ in range(2)]
        return self

    async def __aexit__(self, *_):
        for each in self.each:
            await each.__aexit__(None, None, None)

    @property
    def ports(self):
        return [URL(each.url).port for each in self.each]

    async def restart(self, number):
        """Stop taking connections, finish what is in flight, and begin anew at the same port."""
        old = self.each[number]
        port = URL(old.url).port
        for site in list(old._runner.sites):
            await site.stop()
        while old.active:  # noqa: ASYNC110 - a count
            await asyncio.sleep(0.001)
        await old.__aexit__(None, None, None)
        self.each[number] = await FakeProvider(port=port, record=False).__aenter__()


class Load:
    """Sends requests until there have been enough, and counts what was wrong with the answers."""

    def __init__(self, url, session):
        self.url, self.session = url, session
        self.numbers = iter(range(REQUESTS))
        self.wrong = Counter()
        self.sent = Counter()

    async def run(self):
        await asyncio.gather(*(self._worker() for _ in range(AT_ONCE)))

    async def _worker(self):
        for number in self.numbers:
            kind, wire, model = KINDS[number % len(KINDS)]
            pinned = number % 5 == 0
            try:
                problem = await self._ask(kind, wire, model, f"session-{model}-{number % 50}" if pinned else None)
            except (aiohttp.ClientError, TimeoutError, json.JSONDecodeError) as error:
                problem = f"{kind} {wire}: {type(error).__name__} {error}"
            self.sent[kind, wire] += 1
            if problem:
                self.wrong[problem] += 1

    async def _ask(self, kind, wire, model, session):
        path = "/v1/messages" if wire == "messages" else "/v1/chat/completions"
        body = {"model": "auto", "messages": [{"role": "user", "content": SAID[model]}], "max_tokens": 50}
        if kind == "stream":
            body["stream"] = True
        headers = {"X-Session-Id": session} if session else {}
        where = self.url + ("/routing" + path if kind == "decision" else path)
        async with self.session.post(where, json=body, headers=headers) as answer:
            raw = await answer.text()
            if answer.status != 200:
                return f"{kind} {wire}: {answer.status} {raw[:200]}"
            if kind == "decision":
                return _unless(json.loads(raw)["model"] == (model if model != MINI else "none"), kind, "wrong model")
            if answer.headers["x-pointsman-model"] != model or _name(model) not in raw:
                return f"{kind} {wire}: wrong model"
            if kind == "stream":
                return _unless("[DONE]" in raw or "message_stop" in raw, kind, "broke off")
        return None


def _unless(right, kind, problem):
    return None if right else f"{kind}: {problem}"


def _name(model):
    return f'"{model.partition("/")[2]}"'


async def restart_everything(made, upstreams, until):
    """Restart each processor and each upstream, one after the other, for as long as there is load."""
    restarts = Counter()
    while not until.done():
        for processor in made.processors:
            await processor.stop()
            await processor.start()
            await made.envoy.healthy("pointsman", len(made.processors))
            restarts["processor"] += 1
        for each, number in itertools.product(upstreams, range(2)):
            await each.restart(number)
            restarts["upstream"] += 1
            await asyncio.sleep(0.2)
    return restarts


@pytest.mark.timeout(600)
async def test_no_request_fails_and_none_goes_to_a_wrong_model(tmp_path):
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(RealRedis())
        upstreams = [await stack.enter_async_context(Upstreams()) for _ in range(2)]

        def change(config):
            for name, each in zip(("openai", "anthropic"), upstreams, strict=True):
                localities = cluster_of(config, name)["load_assignment"]["endpoints"]
                del localities[1:]
                addressed(cluster_of(config, name), each.ports)

        text = (RECIPES / "config.yaml").read_text(encoding="utf-8")
        text += f"  session_cache: {{type: redis, url: '{redis.url}', timeout_ms: 1000}}\n"
        text += "limits: {drain_delay_seconds: 2}\n"
        made = await stack.enter_async_context(deploy(tmp_path, text, change, processors=2))
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)))
        load = Load(made.envoy.url, session)
        sending = asyncio.ensure_future(load.run())
        restarts = await restart_everything(made, upstreams, sending)
        await sending
    print(f"{load.sent.total()} requests, restarts {dict(restarts)}")  # noqa: T201 - for who runs it by hand
    assert load.wrong == {}
    assert load.sent.total() == REQUESTS
    assert restarts["processor"] >= 2
    assert restarts["upstream"] >= 4
