"""What is no chat request goes to the provider of its model untouched, and comes back so."""

import asyncio

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from tests.support.gateway import config_text, load, running
from tests.support.upstream import begins, says
from tests.support.upstream import upstream as serving

HELLO = [{"role": "user", "content": "hello"}]
COUNT = {"model": "anthropic/claude", "messages": HELLO}


@pytest.fixture
async def upstream():
    headers = {"x-ratelimit-left": "9", "set-cookie": "a=b", "x-request-id": "r1"}
    async with serving(says(b'{"n": 1}', **headers)) as served:
        yield served


@pytest.fixture
async def gateway(tmp_path, upstream):
    providers = [
        {"model": "openai/*", "base_url": f"{upstream.url}/openai/v1", "access_key": "openai-key"},
        {"model": "anthropic/claude", "base_url": upstream.url, "access_key": "anthropic-key"},
        {
            "model": "azure_openai/deployed",
            "base_url": upstream.url,
            "access_key": "azure-key",
            "api_version": "'2025-01-01'",
        },
        {"model": "groq/keyless", "base_url": upstream.url, "access_key": "$GROQ_KEY"},
    ]
    limits = "{idle_timeout_seconds: 0.2, first_byte_timeout_seconds: 0.4}"
    async with running(load(tmp_path, config_text(providers, limits=limits))) as served:
        yield served


async def test_only_the_models_name_is_changed(gateway, upstream):
    raw = b'{ "x": 1.50, "model":"anthropic/claude" , "messages": [], "x": "\\u00e9" }'
    async with gateway.session.post(f"{gateway.url}/v1/messages/count_tokens?beta=true&beta=2", data=raw) as answer:
        assert (answer.status, await answer.json()) == (200, {"n": 1})
        assert answer.headers["x-pointsman-model"] == "anthropic/claude"
        assert len(answer.headers["x-pointsman-trace-id"]) == 32
    [(method, path, headers, body)] = upstream.requests
    assert (method, path) == ("POST", "/v1/messages/count_tokens?beta=true&beta=2")
    assert body == raw.replace(b"anthropic/claude", b"claude")
    assert headers["x-api-key"] == "anthropic-key"
    assert headers["anthropic-version"] == "2023-06-01"


async def test_each_providers_address_and_key_are_its_own(gateway, upstream):
    await gateway.post("/v1/embeddings", {"model": "openai/embed", "input": "x"}, {"Authorization": "Bearer callers"})
    await gateway.post("/v1/embeddings", {"model": "deployed", "input": "x"})
    (_, openai, to_openai, _), (_, azure, to_azure, _) = upstream.requests
    assert (openai, to_openai["Authorization"]) == ("/openai/v1/embeddings", "Bearer openai-key")
    assert (azure, to_azure["api-key"]) == (
        "/openai/deployments/deployed/embeddings?api-version=2025-01-01",
        "azure-key",
    )


async def test_a_path_goes_on_as_it_was_sent(gateway, upstream):
    url = URL(f"{gateway.url}/v1/fine%2Ftuning/a%3Fb/%252e%252e/%C3%A9", encoded=True)
    await (await gateway.session.put(url, json={"model": "openai/gpt"})).read()
    assert [(method, path) for method, path, _, _ in upstream.requests] == [
        ("PUT", "/openai/v1/fine%2Ftuning/a%3Fb/%252e%252e/%C3%A9")
    ]


@pytest.mark.parametrize("path", ["../admin", "a/../../../admin", "%2e%2e/admin", "..%2fadmin", "./x", "%2E/x"])
async def test_no_path_climbs_out_of_the_providers_address(gateway, upstream, path):
    url = URL(f"{gateway.url}/v1/{path}", encoded=True)
    async with gateway.session.post(url, json={"model": "openai/x"}) as answer:
        assert (answer.status, (await answer.json())["error"]["type"]) == (404, "not_found_error")
    assert upstream.requests == []


async def test_only_what_concerns_the_caller_comes_back(gateway):
    _, headers, _ = await gateway.post("/v1/embeddings", {"model": "openai/embed"})
    assert (headers["x-ratelimit-left"], headers["x-pointsman-upstream-request-id"]) == ("9", "r1")
    assert "set-cookie" not in headers


@pytest.mark.parametrize("field", ["routing_preferences", "routing_policy"])
async def test_routes_are_not_forwarded(gateway, upstream, field):
    await gateway.post("/v1/messages/count_tokens", {field: [{"name": "a"}], **COUNT})
    assert field.encode() not in upstream.requests[0][3]


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b"{}", b'{"model": 7}', b"\xff"])
async def test_a_body_that_names_no_model_is_a_404_that_says_so(gateway, upstream, body):
    async with gateway.session.post(f"{gateway.url}/v1/audio/speech", data=body) as answer:
        assert (answer.status, "names none" in await answer.text()) == (404, True)
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("path", "shape"), [("/v1/messages/batches", {"type", "error"}), ("/v1/embeddings", {"error"})]
)
async def test_an_unknown_model_is_a_404_in_the_callers_shape(gateway, path, shape):
    status, _, answer = await gateway.post(path, {"model": "nobody/x"})
    assert (status, set(answer)) == (404, shape)
    assert "anthropic/claude" in answer["error"]["message"]


async def test_an_unset_key_is_a_401_that_names_the_variable(gateway, upstream):
    status, _, answer = await gateway.post("/v1/embeddings", {"model": "groq/keyless"})
    assert (status, "GROQ_KEY" in answer["error"]["message"]) == (401, True)
    assert upstream.requests == []


async def test_an_error_of_the_providers_passes_as_it_is(gateway, upstream):
    upstream.reply = says(b"<html>", "text/html", 418, **{"retry-after": "3"})
    status, headers, answer = await gateway.post("/v1/embeddings", {"model": "openai/embed"})
    assert (status, headers["retry-after"], headers["content-type"], answer) == (418, "3", "text/html", b"<html>")


async def test_a_stream_passes_as_it_comes(gateway, upstream):
    go_on = asyncio.Event()

    async def reply(request):
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: 1\n\n")
        await go_on.wait()
        await response.write(b"data: 2\n\n")
        return response

    upstream.reply = reply
    async with gateway.session.post(f"{gateway.url}/v1/completions", json={"model": "openai/x"}) as answer:
        assert await answer.content.readany() == b"data: 1\n\n"
        go_on.set()
        assert await answer.content.read() == b"data: 2\n\n"


async def test_an_answer_that_breaks_off_is_cut_and_no_clean_end(gateway, upstream, log_lines):
    async def reply(request):
        response = await begins(request)
        request.transport.abort()
        return response

    upstream.reply = reply
    with pytest.raises(aiohttp.ClientPayloadError):
        await gateway.post("/v1/completions", {"model": "openai/x"})
    [line] = log_lines
    assert (line["event"], line["status"], line["model"], line["broken"]) == ("request", 502, "openai/x", "broke_off")


async def test_an_answer_that_falls_silent_is_cut(gateway, upstream, log_lines):
    async def reply(request):
        await begins(request)
        await asyncio.sleep(5)

    upstream.reply = reply
    with pytest.raises(aiohttp.ClientPayloadError):
        await gateway.post("/v1/completions", {"model": "openai/x"})
    [line] = log_lines
    assert (line["event"], line["status"], line["model"], line["broken"]) == ("request", 504, "openai/x", "broke_off")


async def test_no_answer_is_a_504_that_names_the_provider(gateway, upstream):
    async def reply(_):
        await asyncio.sleep(5)

    upstream.reply = reply
    status, _, answer = await gateway.post("/v1/embeddings", {"model": "openai/embed"})
    assert (status, "openai/embed: the answer took too long" in answer["error"]["message"]) == (504, True)


async def test_a_caller_that_leaves_ends_the_providers_work(gateway, upstream):
    left = asyncio.Event()

    async def reply(request):
        await begins(request)
        try:
            await asyncio.sleep(5)
        finally:
            left.set()

    upstream.reply = reply
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await gateway.post("/v1/completions", {"model": "openai/x"})
    async with asyncio.timeout(1):
        await left.wait()
