"""Where requests go, for addresses as vendors print them and names as callers write them.

The kinds are those that people reported of gateways; each row is one instance.
"""

import json
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiohttp import web

from tests.support.field_kinds import USER
from tests.support.gateway import config_text, load, running
from tests.support.strict_models import ANSWERS, CHAT_ANSWER
from tests.support.upstream import upstream

KEY = {"access_key": "k"}


@asynccontextmanager
async def serving(tmp_path, entries, more=""):
    """Serve these entries, whose `base_url` is a path of the server; give the gateway and what came."""

    async def reply(request):
        found = [answer for end, answer in ANSWERS.items() if request.path.endswith(end)]
        return web.json_response(found[0] if found else CHAT_ANSWER)

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(upstream(reply))
        own = [{**KEY, **entry, "base_url": server.url + entry["base_url"]} for entry in entries]
        config = load(tmp_path, config_text(own) + more)
        yield await stack.enter_async_context(running(config)), server.requests


ROOTS = {
    "bare": ("lab/m", {}, "", "/v1/chat/completions"),
    "with its version": ("lab/m", {}, "/v1", "/v1/chat/completions"),
    "with a slash": ("lab/m", {}, "/v1/", "/v1/chat/completions"),
    "another version": ("lab/m", {}, "/api/v3", "/api/v3/chat/completions"),
    "the whole endpoint": ("lab/m", {}, "/v1/chat/completions", "/v1/chat/completions"),
    "DeepSeek's Anthropic API": ("lab/m", {}, "/anthropic", "/anthropic/v1/messages"),
    "the same with its version": ("lab/m", {}, "/api/anthropic/v1", "/api/anthropic/v1/messages"),
    "the whole endpoint of Messages": ("lab/m", {}, "/v1/messages", "/v1/messages"),
    "the whole endpoint of Responses": ("lab/m", {}, "/v1/responses", "/v1/responses"),
    "Anthropic's root": ("anthropic/claude-haiku-4-5", {}, "", "/v1/messages"),
    "Ollama's native API": ("ollama/m", {}, "/api", "/v1/chat/completions"),
    "a deployment of Azure's": (
        "azure_openai/gpt-4o",
        {},
        "",
        "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
    ),
    "a version of Azure's API": (
        "azure_openai/gpt-4o",
        {"api_version": '"2025-01-01"'},
        "",
        "/openai/deployments/gpt-4o/chat/completions?api-version=2025-01-01",
    ),
    "Azure under a name of one's own": (
        "eastus/gpt-4o",
        {"provider_interface": "azure_openai"},
        "",
        "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
    ),
    "Azure's v1 API": ("azure_openai/gpt-4o", {}, "/openai/v1", "/openai/v1/chat/completions"),
}


@pytest.mark.parametrize(("model", "more", "root", "path"), ROOTS.values(), ids=ROOTS.keys())
async def test_an_address_as_a_vendor_prints_it_leads_to_the_endpoint(tmp_path, model, more, root, path):
    async with serving(tmp_path, [{"model": model, "base_url": root, **more}]) as (gateway, requests):
        status, *_ = await gateway.post("/v1/chat/completions", {"model": model, "messages": [USER]})
    assert (status, [came.path for came in requests]) == (200, [path])


AUTH = {
    "bearer": ({"model": "lab/m"}, "Authorization", "Bearer k"),
    "Anthropic": ({"model": "anthropic/claude-haiku-4-5"}, "x-api-key", "k"),
    "Azure": ({"model": "azure_openai/gpt-4o"}, "api-key", "k"),
    "Anthropic's API elsewhere": ({"model": "lab/m", "provider_interface": "anthropic"}, "x-api-key", "k"),
}


@pytest.mark.parametrize(("entry", "header", "value"), AUTH.values(), ids=AUTH.keys())
async def test_the_key_is_sent_as_the_server_reads_it_and_the_callers_is_not(tmp_path, entry, header, value):
    mine = {"authorization": "Bearer callers", "x-api-key": "callers", "api-key": "callers", "cookie": "a=b"}
    async with serving(tmp_path, [{"base_url": "", **entry}]) as (gateway, requests):
        body = {"model": entry["model"], "messages": [USER]}
        assert (await gateway.post("/v1/chat/completions", body, mine))[0] == 200
    [came] = requests
    sent = {name.lower(): told for name, told in came.headers.items()}
    assert sent[header.lower()] == value
    assert "callers" not in json.dumps(sent)
    assert "cookie" not in sent


@pytest.mark.parametrize(
    ("entry", "mine", "header", "value"),
    [
        ({"model": "lab/m"}, {"authorization": "Bearer me"}, "authorization", "Bearer me"),
        ({"model": "lab/m"}, {"x-api-key": "me"}, "authorization", "Bearer me"),
        ({"model": "anthropic/claude-haiku-4-5"}, {"x-api-key": "me"}, "x-api-key", "me"),
        ({"model": "azure_openai/gpt-4o"}, {"api-key": "me"}, "api-key", "me"),
    ],
)
async def test_the_callers_own_credential_goes_on_in_the_header_that_the_server_reads(
    tmp_path, entry, mine, header, value
):
    entry = {"base_url": "", **entry, "access_key": "null", "passthrough_auth": "true"}
    async with serving(tmp_path, [entry]) as (gateway, requests):
        body = {"model": entry["model"], "messages": [USER]}
        assert (await gateway.post("/v1/chat/completions", body, mine))[0] == 200
        status, _, answer = await gateway.post("/v1/chat/completions", body)
    assert {name.lower(): told for name, told in requests[0].headers.items()}[header] == value
    assert (status, len(requests)) == (401, 1)
    assert answer["error"]["message"]


NAMES = [
    {"model": "east/big", "base_url": "/east", "name": "big-in-the-east"},
    {"model": "west/big", "base_url": "/west"},
    {"model": "west/small", "base_url": "/west"},
    {"model": "any/*", "base_url": "/any"},
]
ALIASES = "\nmodel_aliases:\n  cheap: {target: west/small}\n  claude-haiku: {target: any/haiku}"


@pytest.mark.parametrize(
    ("name", "where", "sent"),
    [
        ("east/big", "/east", "big"),
        ("big-in-the-east", "/east", "big"),
        ("west/small", "/west", "small"),
        ("small", "/west", "small"),
        ("cheap", "/west", "small"),
        ("claude-haiku", "/any", "haiku"),
        ("any/new/model:free", "/any", "new/model:free"),
        ("unheard-of", "/any", "unheard-of"),
    ],
)
async def test_a_model_is_found_by_each_of_its_names(tmp_path, name, where, sent):
    async with serving(tmp_path, NAMES, ALIASES) as (gateway, requests):
        status, *_ = await gateway.post("/v1/chat/completions", {"model": name, "messages": [USER]})
    assert status == 200
    [came] = requests
    assert came.path.startswith(where)
    assert json.loads(came.body)["model"] == sent


async def test_a_name_of_two_is_asked_back_and_neither_is_called(tmp_path):
    async with serving(tmp_path, NAMES, ALIASES) as (gateway, requests):
        status, _, answer = await gateway.post("/v1/chat/completions", {"model": "big", "messages": [USER]})
    assert (status, requests) == (404, [])
    assert "east/big" in answer["error"]["message"]
    assert "west/big" in answer["error"]["message"]


async def test_what_is_listed_can_be_asked_for_one_by_one(tmp_path):
    async with serving(tmp_path, NAMES, ALIASES) as (gateway, _):
        async with gateway.session.get(gateway.url + "/v1/models") as answer:
            listed = [entry["id"] for entry in (await answer.json())["data"]]
        assert {"east/big", "west/big", "west/small", "cheap", "claude-haiku", "big-in-the-east"} <= set(listed)
        for name in (*listed, "small"):
            async with gateway.session.get(f"{gateway.url}/v1/models/{name}") as answer:
                assert answer.status == 200, name


@pytest.mark.parametrize("path", ["/v1/v1/chat/completions", "/v1/chat/completions/", "/chat/completions"])
async def test_a_path_that_is_nearly_right_is_served_or_told_what_would_be(tmp_path, path):
    async with serving(tmp_path, NAMES) as (gateway, requests):
        status, _, answer = await gateway.post(path, {"model": "west/small", "messages": [USER]})
    assert (status == 200) == (len(requests) == 1)
    assert status == 200 or "/v1/chat/completions" in answer["error"]["message"]
    assert all("/v1/v1" not in came.path for came in requests)
