"""The exchange of one runtime for another while requests are served."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.runtime.app import build_app
from gateway.runtime.gateway import GATEWAY
from gateway.runtime.runtime import build_runtime
from tests.support.gateway import CODE, config_text, load

PROVIDERS = [
    {"model": "openai/one", "base_url": "http://127.0.0.1:9", "access_key": "k"},
    {"model": "openai/two", "base_url": "http://127.0.0.1:9", "access_key": "k"},
]
CHAT = {"messages": [{"role": "user", "content": CODE}]}
PATH = "/routing/v1/chat/completions"


@pytest.fixture
async def served(tmp_path):
    app = build_app(load(tmp_path, config_text(PROVIDERS, ("openai/one",))))
    async with TestClient(TestServer(app)) as client:
        yield client, app[GATEWAY]


def another(gateway, tmp_path, models=("openai/two",), **more):
    return build_runtime(load(tmp_path, config_text(PROVIDERS, models, **more)), gateway.state)


async def decide(client, **headers):
    answer = await client.post(PATH, json=CHAT, headers=headers)
    return await answer.json()


async def test_after_a_swap_the_next_request_is_decided_by_the_new_routes(served, tmp_path):
    client, gateway = served
    assert (await decide(client))["model"] == "openai/one"
    await gateway.swap(another(gateway, tmp_path))
    assert (await decide(client))["model"] == "openai/two"


async def test_a_pin_whose_model_remains_stays(served, tmp_path):
    client, gateway = served
    session = {"X-Session-Id": "s"}
    await decide(client, **session)
    await gateway.swap(another(gateway, tmp_path))
    told = await decide(client, **session)
    assert (told["model"], told["pinned"]) == ("openai/one", True)


async def test_a_request_finishes_on_the_runtime_it_began_with_which_is_given_up_after_it(
    served, tmp_path, monkeypatch
):
    client, gateway = served
    old, going_on = gateway.runtime, asyncio.Event()
    seen = []

    async def slow(request):
        await going_on.wait()
        seen.append(request)
        return web.json_response({})

    monkeypatch.setattr("filters.routing.filter.reply", lambda *_: seen.append("replied") or web.Response())
    object.__setattr__(old, "forward", slow)
    asked = asyncio.create_task(client.post("/v1/embeddings", json={"model": "openai/one"}))
    await asyncio.sleep(0.05)
    await gateway.swap(another(gateway, tmp_path))
    [retiring] = gateway._retiring
    await asyncio.sleep(0)
    assert not retiring.done()
    going_on.set()
    assert (await asked).status == 200
    await asyncio.wait_for(retiring, 5)
    assert len(seen) == 1


async def test_health_needs_no_chain(served, tmp_path):
    client, gateway = served
    object.__setattr__(gateway.runtime, "filters", ())
    gateway._current._composed.clear()
    assert (await client.get("/healthz")).status == 200
    assert (await client.get("/readyz")).status == 200


async def test_a_chain_without_routing_is_a_plain_proxy_that_decides_nothing(served, tmp_path):
    client, gateway = served
    await gateway.swap(another(gateway, tmp_path, filters="[format_detection]"))
    answer = await client.post(PATH, json=CHAT)
    assert answer.status == 404
    assert "has no `routing`" in (await answer.json())["error"]["message"]


async def test_a_chain_without_sessions_does_not_pin(served, tmp_path):
    client, gateway = served
    await gateway.swap(another(gateway, tmp_path, filters="[tracing, format_detection, routing]"))
    assert "pinned" not in await decide(client, **{"X-Session-Id": "s"})
