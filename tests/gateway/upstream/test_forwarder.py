"""What a caller of `/v1/*` can count on: who serves, what is sent, what the answer says, and where the pin goes."""

import asyncio
import gc
import sys

import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from gateway.upstream.outbound import outbound
from tests.support.gateway import CODE, config_text, load, running

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
FIRST, SECOND, OTHER = "openai/first", "openai/second", "anthropic/other"
HELLO = "hello"


def body(path, said=CODE, **more):
    if path == RESPONSES:
        return {"input": said, **more}
    return {"messages": [{"role": "user", "content": said}], "max_tokens": 50, **more}


@pytest.fixture
async def provider():
    async with FakeProvider() as served:
        yield served


@pytest.fixture
async def broken():
    async with FakeProvider(default=lambda _: Answer.error(500)) as served:
        yield served


@pytest.fixture
def serving(tmp_path, provider):
    def serve(*providers, models=(FIRST,), **more):
        """Serve providers, each with what it says and else the fake one's address and a key."""
        common = {"base_url": provider.url, "access_key": "our-key", "max_retries": 0}
        more = {"resilience": "{retry_base_seconds: 0.001}", **more}
        return running(load(tmp_path, config_text([{**common, **each} for each in providers], models, **more)))

    return serve


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("stream", [False, True])
async def test_every_answer_says_what_happened(serving, path, stream):
    async with serving({"model": FIRST}) as gateway:
        _, headers, _ = await gateway.post(path, body(path, stream=stream), {"X-Session-Id": "s"})
        assert (headers["x-pointsman-model"], headers["x-pointsman-route"]) == (FIRST, "code_generation")
        assert headers["x-pointsman-pinned"] == "false"
        assert len(headers["x-pointsman-trace-id"]) == 32
        _, headers, _ = await gateway.post(path, body(path, stream=stream), {"X-Session-Id": "s"})
        assert headers["x-pointsman-pinned"] == "true"
        _, headers, _ = await gateway.post(path, body(path, HELLO, stream=stream))
        assert (headers["x-pointsman-model"], headers["x-pointsman-route"]) == (FIRST, "none")
        assert "x-pointsman-pinned" not in headers


async def decided(gateway, session):
    _, _, answer = await gateway.post("/routing" + CHAT, body(CHAT), {"X-Session-Id": session})
    return answer["model"], answer["pinned"]


async def test_the_pin_follows_what_was_served(serving, broken, provider):
    async with serving({"model": FIRST, "base_url": broken.url}, {"model": SECOND}, models=(FIRST, SECOND)) as gateway:
        _, headers, _ = await gateway.post(CHAT, body(CHAT), {"X-Session-Id": "s"})
        assert headers["x-pointsman-model"] == SECOND
        assert await decided(gateway, "s") == (SECOND, True)
        broken.default = lambda _: Answer.text("well again")
        _, headers, _ = await gateway.post(CHAT, body(CHAT), {"X-Session-Id": "s"})
        assert headers["x-pointsman-model"] == SECOND


async def test_a_pin_made_by_a_decision_serves_the_proxy_in_any_format(serving):
    async with serving({"model": FIRST}, {"model": OTHER}, models=(OTHER, FIRST)) as gateway:
        assert await decided(gateway, "s") == (OTHER, False)
        _, headers, _ = await gateway.post(RESPONSES, body(RESPONSES, HELLO), {"X-Session-Id": "s"})
        assert (headers["x-pointsman-model"], headers["x-pointsman-pinned"]) == (OTHER, "true")


@pytest.mark.parametrize("at", [-1.0, 2.0])
async def test_a_client_that_hangs_up_changes_nothing(serving, provider, at):
    provider.default = lambda _: Answer.text(*"abcdef", fault=Fault(stall_at=at))
    async with serving({"model": FIRST}, {"model": SECOND}, models=(FIRST, SECOND)) as gateway:
        assert await decided(gateway, "s") == (FIRST, False)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await gateway.post(CHAT, body(CHAT, stream=True), {"X-Session-Id": "s"})
        await provider.wait_for_disconnect()
        assert await decided(gateway, "s") == (FIRST, True)
    assert len(provider.requests) == 1


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
async def test_an_unset_key_is_a_401_that_names_the_variable(serving, path):
    async with serving({"model": FIRST, "access_key": "$FIRST_KEY"}) as gateway:
        status, headers, answer = await gateway.post(path, body(path))
        assert (status, headers["x-pointsman-model"]) == (401, FIRST)
        assert answer["error"]["type"] == "authentication_error"
        assert "FIRST_KEY" in answer["error"]["message"]
        assert (await gateway.post("/routing" + path, body(path)))[0] == 200


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("model", [FIRST, OTHER])
async def test_a_providers_refusal_is_told_in_the_callers_shape(serving, provider, path, model):
    provider.script(Answer.error(400, "not like this"))
    async with serving({"model": model}, models=()) as gateway:
        status, _, answer = await gateway.post(path, body(path))
    assert (status, answer["error"]["message"]) == (400, "not like this")
    assert ("type" in answer) is (path == MESSAGES)


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
async def test_an_unknown_model_is_a_404_that_lists_what_there_is(serving, path):
    async with serving({"model": FIRST}, models=()) as gateway:
        status, _, answer = await gateway.post(path, body(path, model="nobody/x"))
        assert (status, ("type" in answer) is (path == MESSAGES)) == (404, True)
        assert FIRST in answer["error"]["message"]


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("field", ["routing_preferences", "routing_policy"])
async def test_inline_routes_decide_and_stay_here(serving, provider, path, field):
    route = {"name": "sorting", "description": "writing code that sorts and searches lists"}
    value = [{**route, "models": [OTHER]}]
    if field == "routing_policy":
        value = [{"model": OTHER, "routing_preferences": [route]}]
    async with serving({"model": FIRST}, {"model": OTHER}) as gateway:
        status, headers, _ = await gateway.post(path, body(path, **{field: value}))
    assert (status, headers["x-pointsman-model"], headers["x-pointsman-route"]) == (200, OTHER, "sorting")
    assert field.encode() not in provider.requests[0].raw


async def test_of_the_query_only_what_concerns_providers_goes_on(serving, provider):
    azure = {"model": "azure_openai/m", "api_version": "'2025-01-01'"}
    query = "beta=true&explain=true&key=SECRET&beta=a%20b&api-version=v9"
    async with serving({"model": FIRST}, azure, models=()) as gateway:
        await gateway.post(f"{CHAT}?{query}", body(CHAT, model=FIRST))
        await gateway.post(f"{CHAT}?{query}", body(CHAT, model="azure_openai/m"))
        await gateway.post(f"{MESSAGES}?{query}", body(MESSAGES, model=FIRST))
        await gateway.post(f"/v1/embeddings?{query}", {"model": FIRST, "input": "x"})
    same, azure, translated, other = (list(request.query.items()) for request in provider.requests)
    assert same == [("beta", "true"), ("beta", "a b"), ("api-version", "v9")]
    assert azure == [("api-version", "2025-01-01"), ("beta", "true"), ("beta", "a b")]
    assert not translated
    assert other == same


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("slashes", ["/", "//"])
async def test_a_slash_at_the_end_goes_around_no_route(serving, provider, path, slashes):
    async with serving({"model": FIRST}) as gateway:
        for prefix in ("", "/routing"):
            status, _, answer = await gateway.post(prefix + path + slashes, body(path, model=FIRST))
            assert (status, f"{prefix}{path}" in answer["error"]["message"]) == (404, True)
    assert provider.requests == []


async def test_with_apply_to_auto_a_named_model_is_left_alone(serving):
    async with serving({"model": FIRST}, {"model": SECOND}, routing="{apply_to: auto}") as gateway:
        _, headers, _ = await gateway.post(CHAT, body(CHAT, model=SECOND))
        assert (headers["x-pointsman-model"], headers["x-pointsman-route"]) == (SECOND, "none")
        for model in ("auto", "none", None):
            _, headers, _ = await gateway.post(CHAT, body(CHAT, model=model))
            assert (headers["x-pointsman-model"], headers["x-pointsman-route"]) == (FIRST, "code_generation")


async def test_only_with_passthrough_auth_are_the_callers_credentials_sent(serving, provider):
    mine = {"Authorization": "Bearer callers-key", "Cookie": "a=b", "X-Session-Id": "s"}
    passing = {"model": SECOND, "passthrough_auth": "true"}
    async with serving({"model": FIRST}, passing, models=()) as gateway:
        await gateway.post(CHAT, body(CHAT, model=FIRST), mine)
        await gateway.post(CHAT, body(CHAT, model=SECOND), mine)
    ours, passed = (request.headers for request in provider.requests)
    assert ours["Authorization"] == "Bearer our-key"
    assert passed["Authorization"] == "Bearer callers-key"
    for headers in (ours, passed):
        assert not {"Cookie", "X-Session-Id"} & set(headers)


@pytest.mark.parametrize(
    ("entry", "path", "expected"),
    [
        ({"model": "openai/m", "base_url": "{}/openai/v1/"}, CHAT, "/openai/v1/chat/completions"),
        ({"model": "gemini/m", "base_url": "{}/v1beta/openai"}, CHAT, "/v1beta/openai/chat/completions"),
        ({"model": "openai/m", "base_url": "{}"}, RESPONSES, "/v1/responses"),
        ({"model": "anthropic/m", "base_url": "{}"}, MESSAGES, "/v1/messages"),
        ({"model": "azure_openai/m", "base_url": "{}"}, CHAT, "/openai/deployments/m/chat/completions"),
    ],
)
async def test_paths_are_the_providers_own(serving, provider, entry, path, expected):
    async with serving({**entry, "base_url": entry["base_url"].format(provider.url)}, models=()) as gateway:
        assert (await gateway.post(path, body(path)))[0] == 200
    assert provider.requests[0].path == expected
    assert ("api-version" in provider.requests[0].query) is entry["model"].startswith("azure")


async def test_two_addresses_on_one_host_are_two_providers(serving, provider):
    for _ in range(5):
        provider.script(Answer.error(500))
    first = {"model": "openai/first", "base_url": f"{provider.url}/a"}
    second = {"model": "openai/second", "base_url": f"{provider.url}/b"}
    async with serving(first, second, models=("openai/first", "openai/second")) as gateway:
        for _ in range(5):
            await gateway.post(CHAT, body(CHAT, model="openai/first", routing_preferences=[]))
        _, headers, _ = await gateway.post(CHAT, body(CHAT))
    assert headers["x-pointsman-model"] == "openai/second"
    assert [request.path for request in provider.requests] == ["/a/chat/completions"] * 5 + ["/b/chat/completions"]


@pytest.mark.parametrize("stream", [False, True])
async def test_what_was_lost_in_translation_is_told(serving, stream):
    async with serving({"model": OTHER}, models=(OTHER,)) as gateway:
        _, headers, _ = await gateway.post(CHAT, body(CHAT, seed=7, stream=stream))
    assert "seed" in headers["x-pointsman-warnings"]


@pytest.mark.parametrize("path", [CHAT, "/v1/embeddings"])
async def test_a_model_of_any_name_can_be_told_in_a_header(serving, path):
    async with serving({"model": "openai/*"}, models=()) as gateway:
        status, headers, _ = await gateway.post(path, {**body(path), "input": "x", "model": "openai/né"})
    assert (status, headers["x-pointsman-model"]) == (200, "openai/n%C3%A9")


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES, "/v1/embeddings"])
@pytest.mark.parametrize("name", ["gpt\r\nX-Mine: 1", "gpt\n", "gpt\x00", "g" * 300])
async def test_a_name_that_no_model_has_is_a_400_and_not_forwarded(serving, provider, path, name):
    async with serving({"model": "openai/*"}, models=()) as gateway:
        status, headers, answer = await gateway.post(path, {**body(path), "model": f"openai/{name}"})
        assert (status, "X-Mine" in headers) == (400, False)
        assert "256 characters" in answer["error"]["message"]
    assert provider.requests == []


async def test_a_route_of_any_name_can_be_told_in_a_header(serving):
    named = [{"name": "wéird\nroute", "description": "generating new code, writing functions", "models": [FIRST]}]
    async with serving({"model": FIRST}) as gateway:
        _, headers, _ = await gateway.post(CHAT, body(CHAT, routing_preferences=named))
    assert headers["x-pointsman-route"] == "w%C3%A9ird%0Aroute"


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
async def test_what_was_sent_does_not_live_as_long_as_the_stream(serving, provider, path, monkeypatch):
    sent = []

    def written(chat, candidate):
        out = outbound(chat, candidate)
        sent.append(out.body)
        return out

    monkeypatch.setattr("gateway.upstream.sending.outbound", written)
    provider.default = lambda _: Answer.text(*"abcdef", fault=Fault(stall_at=2.0))
    async with (
        serving({"model": FIRST}) as gateway,
        gateway.session.post(gateway.url + path, json=body(path, stream=True)) as answer,
    ):
        assert await answer.content.readany()
        await asyncio.sleep(0.05)
        gc.collect()
        ours = sys.getrefcount(sent[0])
    assert ours == 2  # this list's, and the argument's


async def test_what_was_written_for_a_candidate_that_failed_is_let_go_of_before_the_next_is_asked(
    serving, broken, monkeypatch
):
    sent, held = [], []

    def written(chat, candidate):
        held.append(sys.getrefcount(sent[0]) if sent else 0)
        out = outbound(chat, candidate)
        sent.append(out.body)
        return out

    monkeypatch.setattr("gateway.upstream.sending.outbound", written)
    models = (FIRST, SECOND, "openai/third")
    async with serving(*({"model": name, "base_url": broken.url} for name in models), models=models) as gateway:
        status, _, _ = await gateway.post(CHAT, body(CHAT))
    assert status >= 500
    assert held[2] == 2  # the list's, and the argument's
