"""What callers spend is counted, whether or not they stay, and whether or not the provider tells."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest

from filters.auth.api_keys import hash_of, new_key
from filters.formats.registry import FORMATS
from tests.support.gateway import config_text, load, running
from tests.support.metrics import parsed, value
from tests.support.upstream import begins, says, upstream

ANN = {"Authorization": f"Bearer {(KEY := new_key())}"}
WORDS = 40
"""Pieces that the provider has sent when the caller leaves."""
PATHS = {
    "openai_chat": "/v1/chat/completions",
    "anthropic_messages": "/v1/messages",
    "openai_responses": "/v1/responses",
}
CHUNK = b'data: {"id": "1", "choices": [{"index": 0, "delta": {"content": "word "}}]}\n\n'


def configured(tmp_path, url, budget, sections=None, **entry):
    keys = f"\n  - name: ann\n    hash: {hash_of(KEY)}\n    budgets: [{budget}]\n"
    provider = {"model": "mine/m", "base_url": url, "access_key": "k", "formats": "[openai_chat]", **entry}
    return load(tmp_path, config_text([provider], api_keys=keys, **sections or {}))


def asked(wire, **more):
    said = [{"role": "user", "content": "hello " * 40}]
    return {"model": "mine/m", ("input" if wire == "openai_responses" else "messages"): said, "max_tokens": 9, **more}


async def endless(request):
    response = await begins(request, CHUNK * WORDS)
    await asyncio.sleep(30)
    return response


async def leave(gateway, path, body):
    """Ask, read what there is, and go."""
    async with gateway.session.post(gateway.url + path, json=body, headers=ANN) as answer:
        assert answer.status == 200
        async with asyncio.timeout(5):
            await answer.content.readuntil(b"word")
        answer.close()


@asynccontextmanager
async def gateway_before(reply, tmp_path, budget):
    async with upstream(reply) as provider, running(configured(tmp_path, provider.url, budget)) as gateway:
        yield gateway


async def ended(log_lines):
    for _ in range(500):
        if any(line["event"] == "request" for line in log_lines):
            break
        await asyncio.sleep(0.01)
    [line] = [line for line in log_lines if line["event"] == "request"]
    log_lines.clear()
    return line


@pytest.mark.parametrize("wire", FORMATS)
async def test_who_leaves_in_the_middle_of_a_stream_is_charged_for_it(tmp_path, log_lines, wire):
    async with gateway_before(endless, tmp_path, "{per: day, tokens: 150}") as gateway:
        for _ in range(2):
            await leave(gateway, PATHS[wire], asked(wire, stream=True))
            line = await ended(log_lines)
            assert (line["status"], line["usage_estimated"]) == (499, True)
            assert 60 <= line["input_tokens"] <= 80
            assert line["output_tokens"] >= WORDS
        status, _, answer = await gateway.post(PATHS[wire], asked(wire), ANN)
    assert status in {402, 429}
    assert "The budget of ann is spent: 150 tokens a day" in answer["error"]["message"]


async def test_who_leaves_before_the_answer_is_charged_for_the_question(tmp_path, log_lines):
    async def silent(_):
        await asyncio.sleep(30)

    async with gateway_before(silent, tmp_path, "{per: day, tokens: 60}") as gateway:
        with pytest.raises(asyncio.TimeoutError):
            await gateway.post(
                PATHS["openai_chat"], asked("openai_chat"), ANN, timeout=aiohttp.ClientTimeout(total=0.5)
            )
        line = await ended(log_lines)
        assert (line["status"], line["output_tokens"], line["usage_estimated"]) == (499, 0, True)
        assert (await gateway.post(PATHS["openai_chat"], asked("openai_chat"), ANN))[0] == 429


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_without_usage_is_charged_for(tmp_path, log_lines, stream):
    stop = b'data: {"id": "1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    whole = b'{"id": "1", "choices": [{"message": {"content": "%b"}, "finish_reason": "stop"}]}' % (b"word" * WORDS)
    reply = says(CHUNK * WORDS + stop, "text/event-stream") if stream else says(whole)
    async with gateway_before(reply, tmp_path, "{per: day, tokens: 90}") as gateway:
        assert (await gateway.post(PATHS["openai_chat"], asked("openai_chat", stream=stream), ANN))[0] == 200
        line = await ended(log_lines)
        assert line["usage_estimated"]
        assert WORDS <= line["output_tokens"] <= 2 * WORDS
        assert (await gateway.post(PATHS["openai_chat"], asked("openai_chat"), ANN))[0] == 429


async def test_a_model_without_a_price_is_refused_to_who_has_so_much_money_and_the_message_says_what_to_do(tmp_path):
    tokens = b'{"id": "1", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],'
    tokens += b' "usage": {"prompt_tokens": 1000000, "completion_tokens": 0}}'
    body = {"model": "mine/m", "messages": [{"role": "user", "content": "hello"}]}
    embedding = {"model": "mine/m", "input": "hello"}
    async with upstream(says(tokens)) as provider:
        async with running(configured(tmp_path, provider.url, "{per: day, usd: 1}")) as gateway:
            status, _, answer = await gateway.post(PATHS["openai_chat"], body, ANN)
            assert status == (await gateway.post("/v1/embeddings", embedding, ANN))[0] == 403
            assert "`price` in model_providers, or the budget `unpriced: allow`" in answer["error"]["message"]
        assert provider.requests == []
        async with running(configured(tmp_path, provider.url, "{per: day, usd: 1, unpriced: allow}")) as gateway:
            assert [(await gateway.post(PATHS["openai_chat"], body, ANN))[0] for _ in range(3)] == [200] * 3
        priced = configured(tmp_path, provider.url, "{per: day, usd: 1}", price="{input: 0.6, output: 2}")
        async with running(priced) as gateway:
            assert [(await gateway.post(PATHS["openai_chat"], body, ANN))[0] for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(("budget", "status"), [("usd: 1", 403), ("usd: 1, unpriced: allow", 200), ("tokens: 9", 200)])
async def test_pictures_and_sound_are_refused_to_who_has_so_much_money(tmp_path, budget, status):
    async with upstream(says(b'{"data": []}')) as provider:
        async with running(
            configured(tmp_path, provider.url, f"{{per: day, {budget}}}", price="{input: 1, output: 1}")
        ) as gateway:
            for path in ("images/generations", "audio/speech"):
                told, _, answer = await gateway.post(f"/v1/{path}", {"model": "mine/m", "input": "hello"}, ANN)
                assert told == status
                assert status == 200 or path in answer["error"]["message"]
        assert len(provider.requests) == (0 if status == 403 else 2)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/v1/embeddings", b'{"prompt_tokens": 1000000, "total_tokens": 1000000}'),
        ("/v1/rerank", b'{"total_tokens": 1000000}'),
        ("/v1/moderations", b'{"input_tokens": 1000000, "output_tokens": null}'),
    ],
)
async def test_what_makes_no_output_costs_its_input_whatever_output_costs(
    tmp_path, log_lines, unused_tcp_port, path, told
):
    sections = {"admin": f"{{port: {unused_tcp_port}}}"}
    price = "{input: 0.6, output: 2}"
    body = {"model": "mine/m", "input": "hello"}
    async with upstream(says(b'{"data": [], "usage": %b}' % told)) as provider:
        config = configured(tmp_path, provider.url, "{per: day, usd: 1}", sections, price=price)
        async with running(config) as gateway:
            for _ in range(2):
                assert (await gateway.post(path, body, ANN))[0] == 200
                line = await ended(log_lines)
                assert (line["input_tokens"], line["output_tokens"], line["cost"]) == (1_000_000, 0, 0.6)
                assert "usage_estimated" not in line
            status, _, answer = await gateway.post(path, body, ANN)
            async with gateway.session.get(f"http://127.0.0.1:{unused_tcp_port}/metrics") as scraped:
                found = parsed(await scraped.text())
        assert status == 429
        assert "The budget of ann is spent: $1 a day" in answer["error"]["message"]
        assert len(provider.requests) == 2
    labels = {"model": "mine/m", "caller": "ann"}
    assert value(found, "pointsman_cost_usd_total", **labels) == pytest.approx(1.2)
    assert not value(found, "pointsman_unpriced_requests_total", **labels)
