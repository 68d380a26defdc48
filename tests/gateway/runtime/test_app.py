"""The composition: what is served where, and what every answer has in common."""

import asyncio

import anthropic
import openai
import pytest

from gateway.version import VERSION
from tests.support.gateway import CODE, config_text, load, running

PROVIDERS = [{"model": "openai/gpt", "base_url": "http://127.0.0.1:9", "access_key": "k"}]
CHAT = {"messages": [{"role": "user", "content": CODE}]}


@pytest.fixture
async def gateway(tmp_path):
    async with running(load(tmp_path, config_text(PROVIDERS, ("openai/gpt",)))) as served:
        yield served


async def test_health_is_told_and_not_logged(gateway, log_lines):
    async with gateway.session.get(f"{gateway.url}/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok", "version": VERSION})
    assert log_lines == []


@pytest.mark.parametrize("path", ["/", "/nothing", "/v1", "/v2/messages", "/healthz/x"])
async def test_a_path_that_is_not_there_is_a_404_that_says_what_is(gateway, path):
    status, _, answer = await gateway.post(path, {})
    assert (status, "/routing/v1" in answer["error"]["message"]) == (404, True)


@pytest.mark.parametrize("path", ["/metrics", "/reload"])
async def test_what_the_admin_listener_answers_is_told_to_be_there(gateway, path):
    status, _, answer = await gateway.post(path, {})
    assert (status, "one of the admin listener, which `admin: {}`" in answer["error"]["message"]) == (404, True)


@pytest.mark.parametrize("path", ["/chat/completions", "/messages", "/responses", "/models", "/embeddings"])
async def test_a_base_url_without_v1_is_told_what_it_lacks(gateway, path):
    status, _, answer = await gateway.post(path, {})
    assert status == 404
    assert f"It is /v1{path}: the base URL needs a `/v1` at its end." in answer["error"]["message"]


@pytest.mark.parametrize("path", ["/routing/v1/messages", "/v1/models", "/nothing"])
async def test_every_answer_has_the_servers_name_and_the_requests_id(gateway, path):
    async with gateway.session.get(gateway.url + path, headers={"X-Request-Id": "mine"}) as answer:
        assert (answer.headers["Server"], answer.headers["X-Request-Id"]) == (f"pointsman/{VERSION}", "mine")


@pytest.mark.parametrize("path", ["/healthz", "/v1/models", "/routing/v1/messages", "/nothing"])
async def test_what_a_caller_expects_beside_that_is_ignored(gateway, path):
    async with gateway.session.get(gateway.url + path, headers={"Expect": "something-else"}) as answer:
        assert answer.status in {200, 404, 405}


@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue", "something-else"])
async def test_a_caller_that_waits_to_be_told_to_go_on_is_told(gateway, expectation):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    head = b"POST /routing/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\nExpect: %b\r\n\r\n"
    writer.write(head % expectation.encode())
    if expectation != "something-else":
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b'{"messages":[]}')
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_the_limit_of_bodies_is_the_configurations(tmp_path):
    config = load(tmp_path, config_text(PROVIDERS, limits="{max_body_bytes: 100}"))
    async with running(config) as gateway:
        status, _, answer = await gateway.post("/v1/messages", {"messages": ["x" * 200]})
    assert (status, answer["error"]["type"]) == (413, "request_too_large")


@pytest.mark.parametrize(
    ("path", "said", "model"),
    [
        ("messages", {"type": "thinking", "thinking": "hm", "signature": "c2ln"}, "anthropic/claude"),
        ("messages", {"type": "text", "text": "hm"}, "vllm/local"),
    ],
)
async def test_signed_reasoning_holds_the_vendor_that_made_it(tmp_path, path, said, model):
    models = ["vllm/local", "openai/gpt", "anthropic/claude"]
    config = load(tmp_path, config_text([{"model": each, "base_url": "http://127.0.0.1:9"} for each in models], models))
    turns = [{"role": "assistant", "content": [said]}, *CHAT["messages"]]
    async with running(config) as gateway:
        _, _, decision = await gateway.post(f"/routing/v1/{path}", {"messages": turns})
    assert decision["model"] == model


async def test_a_defect_of_ours_is_logged_by_its_place_and_not_by_its_words(gateway, log_lines, monkeypatch):
    def broken(_):
        raise ValueError(CODE)

    monkeypatch.setattr("filters.routing.filter.prompt_of", broken)
    status, _, answer = await gateway.post("/routing/v1/chat/completions", CHAT)
    [crash, _] = log_lines
    assert (status, crash["event"], crash["error"]) == (500, "crash", "ValueError")
    assert crash["at"][-1].endswith(" broken")
    assert CODE not in f"{answer} {crash}"


async def test_the_official_sdks_get_the_decision_by_a_raw_post(gateway):
    sdk = openai.AsyncOpenAI(base_url=gateway.url, api_key="none")
    for path, body in (("/routing/v1/chat/completions", CHAT), ("/routing/v1/responses", {"input": CODE})):
        decision = await sdk.post(path, body=body, cast_to=object)
        assert (decision["model"], decision["route"]) == ("openai/gpt", "code_generation")
    await sdk.close()
    sdk = anthropic.AsyncAnthropic(base_url=gateway.url, api_key="none")
    decision = await sdk.post("/routing/v1/messages", body=CHAT, cast_to=object)
    assert (decision["model"], decision["route"]) == ("openai/gpt", "code_generation")
    await sdk.close()


@pytest.mark.parametrize("sdk", [openai.OpenAI, anthropic.Anthropic])
async def test_so_do_the_blocking_ones_and_errors_are_theirs(gateway, sdk):
    def ask(body):
        with sdk(base_url=gateway.url, api_key="none", max_retries=0) as client:
            path = "/routing/v1/messages" if sdk is anthropic.Anthropic else "/routing/v1/chat/completions"
            return client.post(path, body=body, cast_to=object)

    assert (await asyncio.to_thread(ask, CHAT))["route"] == "code_generation"
    with pytest.raises((openai.BadRequestError, anthropic.BadRequestError), match="messages"):
        await asyncio.to_thread(ask, {})
