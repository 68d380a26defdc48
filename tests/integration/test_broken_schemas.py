"""Tools whose schemas are no JSON Schema: mended for a strict provider, in each format and from each caller."""

from itertools import product

import pytest
import pytest_asyncio

from devtools.fake_provider.answers import Answer
from tests.support.acting import ActingProvider
from tests.support.gateway import config_text, load, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEXT = {"type": "string"}
BROKEN = {
    "PHP's empty map": {"type": "object", "properties": []},
    "no properties": {"type": "object", "properties": None, "required": None},
    "an old draft": {"type": "object", "properties": {"a": {"type": "any", "required": True}}},
    "an array of anything": {"type": "object", "properties": {"a": {"type": "array"}}},
    "no choice": {"type": "object", "properties": {"a": {**TEXT, "enum": []}, "b": None}},
    "far inside": {"type": "object", "properties": {"a": {"type": "array", "items": {"properties": []}}}},
    "no root": {"properties": {"a": {"type": None}}},
}
UPSTREAMS = {
    "openai_chat": "chat/gpt-5.5",
    "openai_responses": "responses/gpt-5.5",
    "anthropic_messages": "messages/claude-opus-4-8",
}
INTERFACES = {"openai_chat": "openai", "openai_responses": "chatgpt", "anthropic_messages": "claude"}
HELLO = [{"role": "user", "content": "hello"}]
CALLERS = {
    "/v1/chat/completions": lambda schema: {
        "messages": HELLO,
        "tools": [{"type": "function", "function": {"name": "t", "parameters": schema}}],
    },
    "/v1/responses": lambda schema: {
        "input": HELLO,
        "tools": [{"type": "function", "name": "t", "parameters": schema}],
    },
    "/v1/messages": lambda schema: {
        "max_tokens": 99,
        "messages": HELLO,
        "tools": [{"name": "t", "input_schema": schema}],
    },
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider():
    async with ActingProvider() as provider:
        provider.play = lambda _seen: Answer.text("ok")
        yield provider
        assert provider.refused == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory, provider):
    providers = [
        {"model": model, "base_url": f"{provider.url}/v1", "access_key": "k", "provider_interface": INTERFACES[wire]}
        for wire, model in UPSTREAMS.items()
    ]
    async with running(load(tmp_path_factory.mktemp("schemas"), config_text(providers))) as served:
        yield served


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize(("path", "wire"), list(product(CALLERS, UPSTREAMS)))
async def test_a_schema_that_is_none_is_mended(gateway, path, wire, kind):
    own_server = path == "/v1/chat/completions" and wire == "openai_chat"
    if own_server:
        pytest.skip("a server of one's own that speaks the caller's format gets the caller's bytes")
    status, _, told = await gateway.post(path, {"model": UPSTREAMS[wire], **CALLERS[path](BROKEN[kind])})
    assert status == 200, told
