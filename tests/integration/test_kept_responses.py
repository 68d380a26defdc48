"""Responses that a provider keeps: retrieved, listed, cancelled and deleted where they were made, and nowhere else."""

import orjson
import pytest
from aiohttp import web

from tests.support.fake_redis import FakeRedis
from tests.support.gateway import CODE, config_text, load, running
from tests.support.upstream import upstream

TEXT = {"type": "output_text", "text": "hi", "annotations": []}
MESSAGE = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [TEXT]}
STREAM = [
    {"type": "response.created", "response": {"id": "resp_s", "status": "in_progress", "output": []}},
    {"type": "response.output_item.added", "output_index": 0, "item": {**MESSAGE, "content": []}},
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "m", "delta": "hi"},
    {"type": "response.completed", "response": {"id": "resp_s", "status": "completed", "output": [MESSAGE]}},
]


def made(prefix):
    """A provider that makes responses named after it, in the background where it is asked to."""

    async def reply(request):
        if request.method != "POST" or not request.path.endswith("/responses"):
            told = {"served_by": prefix, "path": request.path, "query": request.query_string}
            return web.json_response(told | {"usage": {"input_tokens": 30, "output_tokens": 20}})
        body = orjson.loads(await request.read())
        if body.get("stream"):
            events = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in STREAM)
            return web.Response(body=events, content_type="text/event-stream")
        status = "queued" if body.get("background") else "completed"
        output = [] if body.get("background") else [MESSAGE]
        return web.json_response({"id": f"resp_{prefix}", "object": "response", "status": status, "output": output})

    return upstream(reply)


@pytest.fixture
async def config(tmp_path):
    """A configuration of two providers, of which the first is the default and the one that code goes to."""
    async with made("one") as one, made("two") as two:
        providers = [
            {"model": "one/gpt", "base_url": one.url, "provider_interface": "chatgpt", "default": "true"},
            {"model": "two/gpt", "base_url": two.url, "provider_interface": "chatgpt"},
        ]
        yield lambda **more: load(tmp_path, config_text(providers, ("one/gpt",), **more))


@pytest.fixture
async def gateway(config):
    async with running(config(routing="{apply_to: auto}")) as served:
        yield served


async def ask(gateway, method, path):
    async with gateway.session.request(method, gateway.url + path) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize("background", [False, True])
async def test_a_response_is_found_where_it_was_made(gateway, background):
    sent = {"model": "two/gpt", "input": "hello", "background": background}
    status, _, answer = await gateway.post("/v1/responses", sent)
    assert (status, answer["id"], answer["status"]) == (200, "resp_two", "queued" if background else "completed")
    for method, path in [
        ("GET", "/v1/responses/resp_two?include=x&key=secret"),
        ("GET", "/v1/responses/resp_two/input_items?limit=2"),
        ("POST", "/v1/responses/resp_two/cancel"),
        ("DELETE", "/v1/responses/resp_two"),
    ]:
        told, found = await ask(gateway, method, path)
        assert (told, found["served_by"], found["path"]) == (200, "two", path.partition("?")[0])
        assert "secret" not in found["query"]


@pytest.mark.parametrize(("background", "counted"), [(False, [None, None]), (True, [20, None])])
async def test_its_tokens_are_counted_once_however_often_it_is_retrieved(gateway, log_lines, background, counted):
    await gateway.post("/v1/responses", {"model": "two/gpt", "input": "hello", "background": background})
    for _ in counted:
        await ask(gateway, "GET", "/v1/responses/resp_two")
    lines = [line for line in log_lines if line["event"] == "request" and line["method"] == "GET"]
    assert [line.get("output_tokens") for line in lines] == counted


async def test_so_is_one_that_was_streamed(gateway):
    await gateway.post("/v1/responses", {"model": "two/gpt", "input": "hello", "stream": True})
    status, found = await ask(gateway, "GET", "/v1/responses/resp_s")
    assert (status, found["served_by"]) == (200, "two")


async def test_one_that_was_not_made_here_is_refused_in_words(gateway):
    status, answer = await ask(gateway, "GET", "/v1/responses/resp_two")
    assert (status, "not known which provider keeps this answer" in answer["error"]["message"]) == (404, True)


@pytest.mark.parametrize("said", ["and now?", CODE])
async def test_what_goes_on_from_a_response_goes_where_it_is_kept_whatever_is_decided(gateway, said):
    await gateway.post("/v1/responses", {"model": "two/gpt", "input": "hello"})
    sent = {"model": "auto", "input": said, "previous_response_id": "resp_two"}
    status, headers, answer = await gateway.post("/v1/responses", sent)
    assert (status, answer["id"], headers["x-pointsman-model"]) == (200, "resp_two", "two/gpt")
    _, _, answer = await gateway.post("/v1/responses", {**sent, "previous_response_id": "resp_of_before"})
    assert answer["id"] == "resp_one"


async def test_gateways_that_share_a_redis_share_what_is_known_of_responses(config):
    async with FakeRedis() as redis:
        shared = config(routing=f"{{session_cache: {{type: redis, url: '{redis.url}', timeout_ms: 5000}}}}")
        async with running(shared) as one, running(shared) as other:
            await one.post("/v1/responses", {"model": "two/gpt", "input": "hello"})
            status, found = await ask(other, "GET", "/v1/responses/resp_two")
            assert (status, found["served_by"]) == (200, "two")
            sent = {"input": CODE, "previous_response_id": "resp_two"}
            assert (await other.post("/v1/responses", sent))[2]["id"] == "resp_two"
            await redis.stop()
            assert (await ask(other, "GET", "/v1/responses/resp_two"))[0] == 404
            assert (await other.post("/v1/responses", sent))[2]["id"] == "resp_one"  # as one that is not known
