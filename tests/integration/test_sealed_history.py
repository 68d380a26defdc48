"""A conversation that moves from vendor to vendor: each gets its own proofs of reasoning back, and no other's."""

import pytest

from devtools.fake_provider.answers import Answer, Text, Thinking
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import config_text, load, running

CLAUDE, GPT = "anthropic/claude", "openai/gpt"


@pytest.fixture
async def provider():
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def gateway(tmp_path, provider):
    providers = [
        {"model": CLAUDE, "base_url": provider.url, "access_key": "k", "formats": "[anthropic_messages]"},
        {"model": GPT, "base_url": provider.url, "access_key": "k", "formats": "[openai_responses]"},
    ]
    async with running(load(tmp_path, config_text(providers))) as served:
        yield served


def thought(proof):
    return Answer(blocks=(Thinking(("hm",), signature=proof), Text(("well",))))


async def test_a_client_of_messages_keeps_both_vendors_proofs_apart(gateway, provider):
    history = [{"role": "user", "content": "hello"}]
    for model, proof in ((GPT, "b3BlbmFp"), (CLAUDE, "Y2xhdWRl"), (GPT, "YWdhaW4="), (CLAUDE, "bGFzdA==")):
        provider.script(thought(proof))
        body = {"model": model, "max_tokens": 4096, "messages": history}
        _, headers, answer = await gateway.post("/v1/messages", body)
        history += [{"role": "assistant", "content": answer["content"]}, {"role": "user", "content": "go on"}]
    gpt, claude = (provider.requests[-2].body, provider.requests[-1].body)
    assert [item["encrypted_content"] for item in gpt["input"] if item["type"] == "reasoning"] == ["b3BlbmFp"]
    blocks = [block for message in claude["messages"] if message["role"] == "assistant" for block in message["content"]]
    assert [block["signature"] for block in blocks if block["type"] == "thinking"] == ["Y2xhdWRl"]
    assert [block["text"] for block in blocks if block["type"] == "text"] == ["well"] * 3
    assert "another vendor" in headers["x-pointsman-warnings"]


async def test_a_client_of_responses_keeps_both_vendors_proofs_apart(gateway, provider):
    history = [{"role": "user", "content": "hello"}]
    for model, proof in ((CLAUDE, "Y2xhdWRl"), (GPT, "b3BlbmFp"), (CLAUDE, "YWdhaW4="), (GPT, "bGFzdA==")):
        provider.script(thought(proof))
        body = {"model": model, "input": history, "store": False, "include": ["reasoning.encrypted_content"]}
        _, headers, answer = await gateway.post("/v1/responses", body)
        history += [*answer["output"], {"role": "user", "content": "go on"}]
    claude, gpt = (provider.requests[-2].body, provider.requests[-1].body)
    blocks = [block for message in claude["messages"] if message["role"] == "assistant" for block in message["content"]]
    assert [block["signature"] for block in blocks if block["type"] == "thinking"] == ["Y2xhdWRl"]
    sent = [item["encrypted_content"] for item in gpt["input"] if item.get("type") == "reasoning"]
    assert sent == ["b3BlbmFp"]
    assert "another vendor" in headers["x-pointsman-warnings"]


async def test_a_history_of_one_vendor_passes_byte_for_byte(gateway, provider):
    raw = (
        b'{"model": "anthropic/claude", "max_tokens" : 9, "messages": [{"role":"user","content":"hi"}, {"role": '
        b'"assistant","content":[{"type":"thinking","thinking":"","signature":"EqoB"}]}, '
        b'{"role":"user","content":"hi"}]}'
    )
    headers = {"content-type": "application/json"}
    async with gateway.session.post(gateway.url + "/v1/messages", data=raw, headers=headers) as answer:
        assert answer.status == 200
    assert provider.requests[-1].raw == raw.replace(b"anthropic/claude", b"claude")
