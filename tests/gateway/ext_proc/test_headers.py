"""Which headers cross Envoy because the processor says so, and which stay as Envoy has them."""

import json

import pytest

from tests.support.fake_envoy import Context, Says, inside_envoy
from tests.support.gateway import CODE, config_text, load

PATH = "/v1/chat/completions"
BODY = json.dumps({"messages": [{"role": "user", "content": CODE}]}).encode()
JSON = {"content-type": "application/json"}


@pytest.fixture
async def envoy(tmp_path):
    providers = [{"model": "openai/gpt", "base_url": "http://one.test", "access_key": "k", "http_host": "one.test"}]
    async with inside_envoy(load(tmp_path, config_text(providers, ("openai/gpt",)))) as served:
        yield served


async def test_what_no_provider_should_see_is_removed(envoy):
    kept = {
        "host": "h", "content-length": "1", "transfer-encoding": "chunked", "x-request-id": "r",
        "x-forwarded-proto": "https", "x-envoy-attempt-count": "1", "x-stainless-lang": "python",
    }  # fmt: skip
    gone = {
        "cookie": "a=b", "x-api-key": "callers", "x-internal": "1", "x-forwarded-for": "1.2.3.4",
        "accept-encoding": "gzip", "x-pointsman-bind": "true",
    }  # fmt: skip
    callers = {"authorization": "Bearer callers"}
    result = await envoy.send(PATH, BODY, {**JSON, **kept, **gone, **callers}, lambda _: Says((b"{}",), headers=JSON))
    sent = result.sent.headers
    assert kept.keys() <= sent.keys()
    assert sent["authorization"] == "Bearer k"
    assert gone.keys().isdisjoint(sent)
    assert sent["host"] == "h", "Envoy writes the host, by its route"


async def test_what_no_caller_should_see_is_removed(envoy):
    came = {
        **JSON, "content-length": "2", "date": "today", "x-envoy-upstream-service-time": "3", "x-ratelimit-left": "9",
        "set-cookie": "a=b", "openai-organization": "ours", "via": "proxy", "x-request-id": "theirs",
    }  # fmt: skip
    result = await envoy.send(PATH, BODY, JSON, lambda _: Says((b"{}",), headers=came))
    told = result.headers
    assert {"set-cookie", "openai-organization", "via"}.isdisjoint(told)
    assert (told["date"], told["content-length"], told["x-ratelimit-left"]) == ("today", "2", "9")
    assert told["x-envoy-upstream-service-time"] == "3"
    assert told["x-pointsman-upstream-request-id"] == "theirs"
    assert (told["x-pointsman-model"], told["x-pointsman-route"]) == ("openai/gpt", "code_generation")
    assert {"server", "connection"}.isdisjoint(told), "those are Envoy's to write"


async def test_a_request_without_a_route_says_so(envoy):
    body = json.dumps({"messages": [{"role": "user", "content": "hello"}]}).encode()
    result = await envoy.send(PATH, body, JSON, lambda _: Says((b"{}",), headers=JSON))
    assert result.sent.headers["x-pointsman-route"] == "none"
    assert "x-pointsman-pinned" not in result.sent.headers
    assert len(result.sent.headers["x-pointsman-trace-id"]) == 32
    assert result.sent.headers["traceparent"].split("-")[1] == result.sent.headers["x-pointsman-trace-id"]


async def test_what_is_right_already_is_not_said_again(envoy):
    seen = []

    def provider(sent):
        seen.append(sent)
        return Says((b"{}",), headers={**JSON, "x-request-id": "theirs"})

    told = []
    write = Context.write

    async def watched(self, message):
        told.append(message)
        await write(self, message)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Context, "write", watched)
        await envoy.send(PATH, BODY, {**JSON, "user-agent": "openai"}, provider)
    [asked] = [each for each in told if each.request_body.response.HasField("header_mutation")]
    names = {each.header.key for each in asked.request_body.response.header_mutation.set_headers}
    assert {"authorization", "x-pointsman-model"} <= names
    assert {"user-agent", "content-type"}.isdisjoint(names)
    assert seen[0].headers["user-agent"] == "openai"
