"""Operations that are no chat: where each goes, what is changed of it, and what is told where nobody has it.

The kinds are those that people reported of gateways; each row is one instance.
"""

import json
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from tests.support.field_kinds import USER
from tests.support.gateway import config_text, load, running
from tests.support.upstream import upstream

OPENAI, CLAUDE, LAB = "openai/text-embedding-3-small", "anthropic/claude-haiku-4-5", "lab/qwen3"
ANSWER = {"object": "list", "data": [], "usage": {"prompt_tokens": 4, "total_tokens": 4}}


@asynccontextmanager
async def serving(tmp_path, reply=None, **limits):
    """Serve three vendors that are one server; give the gateway and what came."""

    async def listed(_):
        return web.json_response(ANSWER)

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(upstream(reply or listed))
        own = [{"model": model, "base_url": f"{server.url}/v1", "access_key": "k"} for model in (OPENAI, CLAUDE, LAB)]
        told = ", ".join(f"{name}: {value}" for name, value in {"max_retries": 0, **limits}.items())
        config = load(tmp_path, config_text(own, limits=f"{{{told}}}"))
        yield await stack.enter_async_context(running(config)), server.requests


@pytest.mark.parametrize(
    ("path", "model", "body"),
    [
        ("/v1/embeddings", OPENAI, {"input": "text"}),
        ("/v1/embeddings", "text-embedding-3-small", {"input": ["a", "b"]}),
        ("/v1/images/generations", OPENAI, {"prompt": "a train"}),
        ("/v1/audio/speech", OPENAI, {"input": "hello", "voice": "alloy"}),
        ("/v1/moderations", OPENAI, {"input": "text"}),
        ("/v1/completions", LAB, {"prompt": "Once"}),
        ("/v1/messages/count_tokens", CLAUDE, {"messages": [USER]}),
    ],
)
async def test_an_operation_goes_to_the_provider_of_its_model_under_the_name_that_it_has_there(
    tmp_path, path, model, body
):
    async with serving(tmp_path) as (gateway, requests):
        status, _, answer = await gateway.post(path, {"model": model, **body})
    assert (status, answer) == (200, ANSWER)
    [came] = requests
    assert came.path == path
    assert json.loads(came.body) == {"model": model.rpartition("/")[2], **body}


@pytest.mark.parametrize("model", [OPENAI, LAB])
async def test_tokens_of_a_model_whose_server_does_not_count_are_estimated(tmp_path, model):
    async with serving(tmp_path) as (gateway, requests):
        status, _, few = await gateway.post("/v1/messages/count_tokens", {"model": model, "messages": [USER]})
        _, _, many = await gateway.post("/v1/messages/count_tokens", {"model": model, "messages": [USER] * 20})
    assert (status, requests) == (200, [])
    assert 0 < few["input_tokens"] < many["input_tokens"]


UNKNOWN = {
    "a model that nobody has": ("/v1/embeddings", {"model": "nobody/x", "input": "a"}, 404, "nobody/x"),
    "no model": ("/v1/embeddings", {"input": "a"}, 400, "model"),
    "an operation that is not known": ("/v1/fine_tuning/jobs", {"model": OPENAI}, 404, "passthrough_paths"),
    "no path at all": ("/v2/embeddings", {"model": OPENAI}, 404, "under /v1"),
}


@pytest.mark.parametrize(("path", "body", "told", "words"), UNKNOWN.values(), ids=UNKNOWN.keys())
async def test_what_cannot_be_passed_on_is_told_and_reaches_no_provider(tmp_path, path, body, told, words):
    async with serving(tmp_path) as (gateway, requests):
        status, _, answer = await gateway.post(path, body)
    assert (status, requests) == (told, [])
    assert words in answer["error"]["message"]


async def test_a_form_goes_on_byte_for_byte_but_for_the_models_name(tmp_path):
    form = aiohttp.FormData({"model": OPENAI})
    form.add_field("file", b"\x00\xffRIFF", filename="a.wav", content_type="audio/wav")
    async with (
        serving(tmp_path) as (gateway, requests),
        gateway.session.post(f"{gateway.url}/v1/audio/transcriptions", data=form) as answer,
    ):
        assert answer.status == 200
    [came] = requests
    assert b"\x00\xffRIFF" in came.body
    assert b"text-embedding-3-small" in came.body
    assert b"openai/" not in came.body


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/messages/count_tokens", "/v1/chat/completions"])
async def test_a_connection_that_was_closed_meanwhile_costs_no_request(tmp_path, path):
    """The provider closes each connection behind its answer without a word."""

    async def closes(request):
        request.protocol.close()
        whole = {"id": "c", "choices": [{"message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}]}
        return web.json_response(whole if path.endswith("completions") else ANSWER)

    model = CLAUDE if path.endswith("count_tokens") else LAB
    async with serving(tmp_path, closes) as (gateway, requests):
        body = {"model": model, "messages": [USER], "input": "a"}
        statuses = [(await gateway.post(path, body))[0] for _ in range(6)]
    assert statuses == [200] * 6
    assert len(requests) == 6


@pytest.mark.parametrize(("status", "body"), [(404, {"detail": "Not Found"}), (422, {"detail": "no"}), (500, "<html>")])
async def test_an_error_of_another_shape_comes_in_the_shape_of_the_path(tmp_path, status, body):
    async def fails(_):
        return web.json_response(body, status=status)

    async with serving(tmp_path, fails) as (gateway, _):
        told, _, answer = await gateway.post("/v1/embeddings", {"model": OPENAI, "input": "a"})
        counted, _, of_messages = await gateway.post("/v1/messages/count_tokens", {"model": CLAUDE, "messages": [USER]})
    assert told == status
    assert set(answer) == {"error"}
    assert {"message", "type"} <= set(answer["error"])
    assert counted == status
    assert of_messages["type"] == "error"
