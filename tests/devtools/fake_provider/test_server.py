"""The server: what it records and how it is told what to answer, and that it goes away."""

import asyncio
import json
import time

import aiohttp
import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from tests.support.fake_answers import (
    ASK,
    CHAT,
    HELLO,
    STREAM,
)


async def test_requests_are_recorded_as_they_came(provider, client):
    async with client.post(f"{CHAT}?a=1", json=ASK, headers={"x-own": "yes"}):
        pass
    [seen] = provider.requests
    assert (seen.method, seen.path, seen.query["a"], seen.headers["X-Own"]) == ("POST", CHAT, "1", "yes")
    assert seen.body == ASK
    assert json.loads(seen.raw) == ASK
    assert seen.answered_at is not None


async def test_a_function_may_answer_and_the_script_runs_out_into_the_echo(provider, client):
    provider.script(lambda request: Answer.text(request.body["model"].upper()), Answer.text("second"))
    said = []
    for _ in range(3):
        async with client.post(CHAT, json=ASK) as response:
            said.append((await response.json())["choices"][0]["message"]["content"])
    assert said == ["M", "second", "You said: hello\n\n(The fake provider, asked for m.)"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", CHAT, 405), ("POST", "/v1/nothing", 404)])
async def test_what_is_not_there_is_an_error(client, method, path, status):
    async with client.request(method, path) as response:
        assert response.status == status
        assert (await response.json())["error"]["message"]


async def test_an_answer_that_was_read_is_no_disconnect(provider, client):
    async with client.post(CHAT, json=STREAM) as response:
        await response.read()
    await client.close()
    await asyncio.sleep(0.05)
    assert not provider.disconnected.is_set()
    assert provider.connections == 0


async def test_people_ask_for_faults_by_header_or_model(client):
    async with client.post(CHAT, json=ASK, headers={"x-fake-fault": "status=503 retry_after=2"}) as response:
        assert (response.status, response.headers["retry-after"]) == (503, "2")
    async with client.post("/v1/messages", json=ASK | {"model": "fake-529"}) as response:
        assert (response.status, (await response.json())["error"]["type"]) == (529, "overloaded_error")
    async with client.post(CHAT, json=ASK, headers={"x-fake-fault": "sorcery"}) as response:
        assert response.status == 400
        assert "sorcery" in await response.text()


async def test_it_goes_away_at_once_with_streams_open():
    async with aiohttp.ClientSession() as client:
        async with FakeProvider() as provider:
            provider.default = lambda _request: Answer.text("a", "b", fault=Fault(stall_at=1.0))
            streams = [await client.post(provider.url + CHAT, json=STREAM) for _ in range(20)]
            started = time.monotonic()
        assert time.monotonic() - started < 10.0
        assert not provider.disconnected.is_set()
        for stream in streams:
            stream.close()


async def test_azure_names_the_model_in_the_path(provider):
    async with AsyncAzureOpenAI(azure_endpoint=provider.url, api_key="k", api_version="2024-10-21") as client:
        answer = await client.chat.completions.create(model="my-deployment", messages=HELLO)
    assert answer.model == "my-deployment"
    assert provider.requests[0].path == "/openai/deployments/my-deployment/chat/completions"
    assert provider.requests[0].query["api-version"] == "2024-10-21"


@pytest.mark.parametrize("prefix", ["/openai/v1", "/v1beta/openai", ""])
async def test_any_path_prefix_is_served(provider, prefix):
    async with AsyncOpenAI(base_url=provider.url + prefix, api_key="k") as client:
        answer = await client.chat.completions.create(model="m", messages=HELLO)
    assert answer.choices[0].message.content.startswith("You said: hello")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/chat/completions", {"model": "m"}, "messages"),
        ("/v1/messages", {"model": "m", "messages": HELLO}, "max_tokens"),
        ("/v1/responses", {"input": "hi"}, "model"),
    ],
)
async def test_a_request_that_the_vendor_would_refuse_is_refused(provider, path, body, field):
    async with aiohttp.ClientSession() as session, session.post(provider.url + path, json=body) as response:
        assert response.status == 400
        assert field in (await response.json())["error"]["message"]
