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
    limits = "{idle_timeout_seconds: 1, first_byte_timeout_seconds: 1, max_retries: 0}"
    paths = "[{path: /v1/files/*, methods: [GET, DELETE], model: openai/any}]"
    async with running(load(tmp_path, config_text(providers, limits=limits, passthrough_paths=paths))) as served:
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


async def test_a_configured_path_goes_on_as_it_was_sent(gateway, upstream):
    url = URL(f"{gateway.url}/v1/fine%2Ftuning/a%3Fb/%252e%252e/%C3%A9", encoded=True)
    async with gateway.session.put(url, json={"model": "openai/gpt"}) as answer:
        assert answer.status == 404
    url = URL(f"{gateway.url}/v1/files/fine%2Ftuning/a%3Fb/%252e%252e/%C3%A9?limit=2&key=x", encoded=True)
    await (await gateway.session.delete(url)).read()
    assert [(method, path) for method, path, _, _ in upstream.requests] == [
        ("DELETE", "/openai/v1/files/fine%2Ftuning/a%3Fb/%252e%252e/%C3%A9?limit=2")
    ]
    assert upstream.requests[0].headers["Authorization"] == "Bearer openai-key"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("TRACE", "embeddings", 405),
        ("DELETE", "embeddings", 405),
        ("DELETE", "batches/b", 404),
        ("PUT", "organization/users", 404),
        ("POST", "files/x", 405),
        ("GET", "responses/resp_unknown", 404),
    ],
)
async def test_what_is_not_known_never_reaches_a_provider(gateway, upstream, method, path, status):
    async with gateway.session.request(method, f"{gateway.url}/v1/{path}", json={"model": "openai/gpt"}) as answer:
        assert (answer.status, "message" in (await answer.json())["error"]) == (status, True)
    assert upstream.requests == []


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
async def test_a_body_that_names_no_model_is_a_400_that_says_so(gateway, upstream, body):
    async with gateway.session.post(f"{gateway.url}/v1/audio/speech", data=body) as answer:
        assert (answer.status, "names none" in await answer.text()) == (400, True)
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("path", "shape"), [("/v1/messages/count_tokens", {"type", "error"}), ("/v1/embeddings", {"error"})]
)
async def test_an_unknown_model_is_a_404_in_the_callers_shape(gateway, path, shape):
    status, _, answer = await gateway.post(path, {"model": "nobody/x"})
    assert (status, set(answer)) == (404, shape)
    assert "anthropic/claude" in answer["error"]["message"]


async def test_an_unset_key_is_a_401_that_names_the_variable(gateway, upstream):
    status, _, answer = await gateway.post("/v1/embeddings", {"model": "groq/keyless"})
    assert (status, "GROQ_KEY" in answer["error"]["message"]) == (401, True)
    assert upstream.requests == []


async def test_an_error_of_the_format_passes_as_it_is(gateway, upstream):
    said = b'{"error": {"message": "no", "type": "x"}, "more": 1.50}'
    upstream.reply = says(said, status=418, **{"retry-after": "3"})
    async with gateway.session.post(f"{gateway.url}/v1/embeddings", json={"model": "openai/embed"}) as answer:
        assert (answer.status, answer.headers["retry-after"], await answer.read()) == (418, "3", said)


@pytest.mark.parametrize(("path", "model"), [("embeddings", "openai/e"), ("messages/count_tokens", "anthropic/claude")])
async def test_an_error_of_another_shape_is_put_into_the_callers(gateway, upstream, path, model):
    upstream.reply = says(b"<html>", "text/html", 418)
    status, headers, answer = await gateway.post(f"/v1/{path}", {"model": model})
    assert (status, headers["content-type"], "418" in answer["error"]["message"]) == (418, "application/json", True)
    assert ("type" in answer) is (model == "anthropic/claude")


async def test_an_error_that_came_with_status_200_is_one(gateway, upstream):
    upstream.reply = says(b'{"error": {"message": "overloaded", "code": 503}}')
    status, _, answer = await gateway.post("/v1/embeddings", {"model": "openai/embed"})
    assert (status, "overloaded" in answer["error"]["message"]) == (503, True)


async def test_a_redirect_and_a_key_in_an_error_stay_here(gateway, upstream):
    upstream.reply = says(b"", status=302, location="http://elsewhere")
    status, headers, _ = await gateway.post("/v1/embeddings", {"model": "openai/embed"})
    assert (status, "location" in headers) == (502, False)
    upstream.reply = says(b'{"error": {"message": "wrong key: openai-key"}}', status=401)
    _, _, answer = await gateway.post("/v1/embeddings", {"model": "openai/embed"})
    assert answer["error"]["message"] == "wrong key: ***"


@pytest.fixture
async def patient(tmp_path, upstream):
    providers = [{"model": "openai/*", "base_url": upstream.url, "access_key": "k"}]
    async with running(load(tmp_path, config_text(providers, resilience="{retry_base_seconds: 0.001}"))) as served:
        yield served


async def test_a_failure_is_tried_again_and_recorded_as_for_chat(patient, upstream, log_lines):
    replies = [says(b"{}", status=500), says(b'{"data": [], "usage": {"prompt_tokens": 7, "total_tokens": 7}}')]

    async def reply(request):
        return await replies.pop(0)(request)

    upstream.reply = reply
    status, _, _ = await patient.post("/v1/embeddings", {"model": "openai/embed"})
    assert (status, len(upstream.requests)) == (200, 2)
    failed, line = log_lines
    assert (failed["event"], failed["model"], failed["status"]) == ("upstream_failed", "openai/embed", 500)
    assert (line["attempts"], line["input_tokens"], line["output_tokens"]) == (2, 7, 0)


async def test_a_form_goes_to_the_provider_of_the_model_in_it(gateway, upstream):
    form = aiohttp.FormData()
    form.add_field("file", b"\x00\xffaudio", filename="a.wav", content_type="audio/wav")
    form.add_field("model", "openai/whisper-1")
    async with gateway.session.post(f"{gateway.url}/v1/audio/transcriptions", data=form) as answer:
        assert (answer.status, answer.headers["x-pointsman-model"]) == (200, "openai/whisper-1")
    [(_, path, headers, body)] = upstream.requests
    assert path == "/openai/v1/audio/transcriptions"
    assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b"\r\n\r\nwhisper-1\r\n" in body
    assert b"\x00\xffaudio" in body


async def test_tokens_are_estimated_where_the_provider_does_not_count_them(gateway, upstream):
    body = {"model": "openai/gpt", "messages": [{"role": "user", "content": "word " * 400}]}
    status, headers, answer = await gateway.post("/v1/messages/count_tokens?beta=true", body)
    assert (status, 500 < answer["input_tokens"] < 520) == (200, True)
    assert "estimate" in headers["x-pointsman-warnings"]
    assert upstream.requests == []


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
    line = log_lines[-1]
    assert (line["event"], line["status"], line["model"], line["broken"]) == ("request", 502, "openai/x", "broke_off")


async def test_an_answer_that_falls_silent_is_cut(gateway, upstream, log_lines):
    async def reply(request):
        await begins(request)
        await asyncio.sleep(5)

    upstream.reply = reply
    with pytest.raises(aiohttp.ClientPayloadError):
        await gateway.post("/v1/completions", {"model": "openai/x"})
    line = log_lines[-1]
    assert (line["event"], line["status"], line["model"], line["broken"]) == ("request", 504, "openai/x", "timeout")


async def test_no_answer_is_a_504_that_names_the_provider(gateway, upstream):
    async def reply(_):
        await asyncio.sleep(5)

    upstream.reply = reply
    status, _, answer = await gateway.post("/v1/embeddings", {"model": "openai/embed"})
    assert (status, "openai/embed: the answer took too long" in answer["error"]["message"]) == (504, True)


async def test_a_caller_that_leaves_ends_the_providers_work(gateway, upstream):
    came, left = asyncio.Event(), asyncio.Event()

    async def reply(_):
        came.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    upstream.reply = reply
    asking = asyncio.create_task(gateway.post("/v1/completions", {"model": "openai/x"}))
    async with asyncio.timeout(20):
        await came.wait()
        asking.cancel()
        await left.wait()


async def test_any_path_below_v1_twice_is_told_so(gateway, upstream):
    async with gateway.session.get(f"{gateway.url}/v1/v1/models") as answer:
        assert (answer.status, "the base URL is too long by a `/v1`" in await answer.text()) == (404, True)
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/v1/v1/messages", "/v1/messages"),
        ("/v1/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/completions/v1/responses", "/v1/responses"),
        ("/v1/v1/v1/messages", "/v1/messages"),
    ],
)
async def test_a_chat_path_behind_another_is_refused_with_the_right_one(gateway, upstream, path, meant):
    status, _, answer = await gateway.post(path, COUNT)
    assert status == 404
    assert f"It is {meant}: the base URL is too long by a `/v1`" in answer["error"]["message"]
    assert upstream.requests == []
