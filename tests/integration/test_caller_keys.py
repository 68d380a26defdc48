"""Keys of callers on a gateway that runs: nothing answers without one, and none of them goes anywhere else."""

import asyncio
import signal

import aiohttp
import pytest
from aiohttp import hdrs

from filters.auth.api_keys import hash_of, new_key
from gateway.runtime.app import build_app
from tests.support.gateway import config_text, load, running
from tests.support.processes import up
from tests.support.upstream import says, upstream

ANN, BOB = new_key(), new_key()
ANSWER = (
    b'{"id": "1", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],'
    b' "usage": {"prompt_tokens": 7, "completion_tokens": 3}}'
)
HELLO = {"model": "mine/m", "messages": [{"role": "user", "content": "hello"}]}
PATH = "/v1/chat/completions"
METHODS = sorted(hdrs.METH_ALL - {hdrs.METH_CONNECT})
KEYS = """
  - name: ann
    hash: {ann}
    models: [mine/m]
    {limits}
  - name: bob
    hash: {bob}
"""


def configured(tmp_path, provider_url="http://127.0.0.1:9", limits="requests_per_minute: 1000", **more):
    entries = [
        {"model": f"mine/{name}", "base_url": provider_url, "access_key": "provider-key"} for name in ("m", "other")
    ]
    keys = KEYS.format(ann=hash_of(ANN), bob=hash_of(BOB), limits=limits)
    return load(tmp_path, config_text(entries, api_keys=keys, **more))


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


WITHOUT_A_KEY = (
    {},
    bearer("pm-wrong"),
    {"x-api-key": hash_of(ANN)},
    {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MTIzNDU2Nzg=",
    },
)


async def test_with_keys_nothing_but_health_answers_without_one(tmp_path):
    config = configured(tmp_path)
    paths = {route.resource.canonical.replace("{path}", "x/y") for route in build_app(config).router.routes()}
    assert {"/healthz", "/readyz", "/v1/x/y", "/x/y", PATH, "/routing/v1/messages"} <= paths
    async with running(config) as gateway:
        for path in [*paths, "/", "/v1", "/v1/models", "/v1/embeddings", "//v1/models", "/healthz/x", "/v1/%2e%2e/x"]:
            for method in METHODS:
                for headers in WITHOUT_A_KEY:
                    async with gateway.session.request(method, gateway.url + path, headers=headers) as answer:
                        asked_health = path in {"/healthz", "/readyz"}
                        wanted = {200, 404, 405} if asked_health else {401}
                        assert answer.status in wanted, (method, path, answer.status)
                        assert "pm-wrong" not in await answer.text()
        async with gateway.session.get(f"{gateway.url}/healthz") as answer:
            assert answer.status == 200


async def test_a_key_opens_what_it_is_for_and_goes_to_no_provider(tmp_path, log_lines):
    async with upstream(says(ANSWER)) as provider:
        async with running(configured(tmp_path, provider.url)) as gateway:
            for headers in (bearer(ANN), {"x-api-key": ANN}, {**bearer("sk-other"), "x-api-key": ANN}):
                assert (await gateway.post(PATH, HELLO, headers))[0] == 200
            assert (await gateway.post(PATH, HELLO | {"model": "mine/other"}, bearer(ANN)))[0] == 403
            assert (await gateway.post(PATH, HELLO | {"model": "mine/other"}, bearer(BOB)))[0] == 200
            embedding = {"model": "mine/other", "input": "x"}
            assert (await gateway.post("/v1/embeddings", embedding, bearer(ANN)))[0] == 403
            async with gateway.session.get(f"{gateway.url}/v1/models", headers=bearer(ANN)) as listed:
                assert {model["id"] for model in (await listed.json())["data"]} == {"mine/m", "auto"}
        assert len(provider.requests) == 4
        assert not any(ANN in str(seen) or BOB in str(seen) for seen in provider.requests)
        assert {seen[2]["Authorization"] for seen in provider.requests} == {"Bearer provider-key"}
    assert [line["caller"] for line in log_lines if line["event"] == "request"][:3] == ["ann"] * 3
    assert ANN not in str(log_lines)


async def test_limits_and_budgets_hold_and_count_what_was_used(tmp_path):
    limits = "requests_per_minute: 3\n    budgets: [{per: day, tokens: 15}]"
    async with upstream(says(ANSWER)) as provider, running(configured(tmp_path, provider.url, limits)) as gateway:
        first = await gateway.post(PATH, HELLO, bearer(ANN))
        assert (first[0], first[1]["x-ratelimit-remaining-requests"]) == (200, "2")
        assert (await gateway.post(PATH, HELLO, bearer(ANN)))[0] == 200
        status, headers, body = await gateway.post(PATH, HELLO, bearer(ANN))
        assert (status, body["error"]["code"], headers["x-should-retry"]) == (429, "insufficient_quota", "false")
        status, headers, body = await gateway.post(PATH, HELLO, bearer(ANN))
        assert (status, body["error"]["code"]) == (429, "rate_limit_exceeded")
        assert 1 <= int(headers["Retry-After"]) <= 61
        assert (await gateway.post(PATH, HELLO, bearer(BOB)))[0] == 200


ROUTES = """
  - name: one
    description: generating new code, writing functions
    models: [mine/m]
"""


async def test_two_callers_with_one_session_id_have_two_pins(tmp_path):
    config = configured(tmp_path, routing_preferences=ROUTES)
    code = {"messages": [{"role": "user", "content": "Write a Python function that sorts a list"}]}
    async with running(config) as gateway:
        pinned = []
        for key in (ANN, ANN, BOB, BOB):
            headers = {**bearer(key), "X-Session-Id": "s"}
            pinned.append((await gateway.post("/routing/v1/chat/completions", code, headers))[2]["pinned"])
    assert pinned == [False, True, False, True]


@pytest.mark.parametrize(
    ("routing", "anns", "bobs"), [("{}", "ann", "bob"), ("{tenant_header: X-Org}", "acme", "globex")]
)
async def test_the_admin_listener_finds_and_drops_a_callers_pin(tmp_path, unused_tcp_port, routing, anns, bobs):
    admin = f"{{port: {unused_tcp_port}}}"
    config = configured(tmp_path, routing_preferences=ROUTES, routing=routing, admin=admin)
    code = {"messages": [{"role": "user", "content": "Write a Python function that sorts a list"}]}
    sessions = f"http://127.0.0.1:{unused_tcp_port}/sessions"

    async with running(config) as gateway:

        async def pinned(key, org):
            headers = {**bearer(key), "X-Session-Id": "s9", "X-Org": org}
            return (await gateway.post("/routing/v1/chat/completions", code, headers))[2]["pinned"]

        async def told(method, tenant):
            params = {"id": "s9", "tenant": tenant}
            async with gateway.session.request(method, sessions, params=params) as answer:
                return answer.status, await answer.json()

        assert [await pinned(ANN, "acme"), await pinned(BOB, "globex")] == [False, False]
        assert (await told("GET", "eve"))[0] == 404
        assert await told("GET", anns) == (200, {"model": "mine/m", "route": "one", "inline": False})
        assert await told("DELETE", anns) == (200, {"dropped": True})
        assert await told("DELETE", anns) == (200, {"dropped": False})
        assert (await told("GET", anns))[0] == 404
        assert (await told("GET", bobs))[0] == 200
        assert [await pinned(ANN, "acme"), await pinned(BOB, "globex")] == [False, True]


async def test_a_reload_adds_and_revokes_keys(tmp_path):
    text = "model_providers:\n  - {{model: mine/m, base_url: 'http://127.0.0.1:9', access_key: k}}\n"
    text += "api_keys:\n  - {{name: ann, hash: '{hash}'}}\n"
    path = tmp_path / "config.yaml"
    path.write_text(text.format(hash=hash_of(ANN)))
    async with up(path) as gateway, aiohttp.ClientSession() as session:

        async def statuses():
            asked = [session.get(f"{gateway.url}/v1/models", headers=bearer(key)) for key in (ANN, BOB)]
            return [(await each).status for each in asked]

        assert await statuses() == [200, 401]
        path.write_text(text.format(hash=hash_of(BOB)))
        gateway.process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(30):
            while await statuses() != [401, 200]:  # noqa: ASYNC110 - an answer is what tells
                await asyncio.sleep(0.1)
