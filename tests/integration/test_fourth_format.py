"""A format that registers itself is served in both directions, without an edit elsewhere."""

import orjson
import pytest
from aiohttp import web

from filters.formats.registry import register, unregister
from tests.support.fourth_format import FORMAT, NAME
from tests.support.gateway import CODE, config_text, load, running
from tests.support.upstream import says, upstream

HI = {"lines": ["user: hi"]}
CHAT = {"messages": [{"role": "user", "content": "hi"}]}
WHOLE = {"id": "1", "said": "hello", "words": [3, 4]}
STREAM = b'data: {"id":"1"}\n\ndata: {"more":"hel"}\n\ndata: {"more":"lo"}\n\ndata: {"said":"hello","words":[3,4]}\n\n'
CHAT_WHOLE = {
    "id": "1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 4},
}


@pytest.fixture(autouse=True)
def registered():
    register(FORMAT)
    yield
    unregister(NAME)


def entry(url, model, spoken):
    return {"model": model, "base_url": url, "access_key": "k", "formats": f"[{spoken}]", "max_retries": 0}


async def lines(request):
    """Answer as a server of the fourth format."""
    asked = orjson.loads(await request.read())
    assert request.headers["lines-version"] == "1"
    if asked["engine"] == "broken":
        return web.json_response({"wrong": "no such engine"}, status=404)
    if asked["live"]:
        return web.Response(body=STREAM, content_type="text/event-stream")
    return web.json_response(WHOLE)


async def chat(request):
    return await says(orjson.dumps(CHAT_WHOLE))(request)


@pytest.fixture
async def gateway(tmp_path):
    async with upstream(lines) as fourth, upstream(chat) as known:
        providers = [entry(fourth.url, "fourth/big", NAME), entry(fourth.url, "fourth/broken", NAME),
                     entry(known.url, "known/small", "openai_chat")]  # fmt: skip
        async with running(load(tmp_path, config_text(providers, ["fourth/big"]))) as served:
            served.fourth, served.known = fourth, known
            yield served


async def test_a_decision_is_made_for_it(gateway):
    status, _, decision = await gateway.post("/routing/v1/lines", {"lines": [f"user: {CODE}"]})
    assert (status, decision["model"], decision["route"]) == (200, "fourth/big", "code_generation")


async def test_whole_and_streamed_bytes_pass_between_two_that_speak_it(gateway):
    status, _, answer = await gateway.post("/v1/lines", {**HI, "engine": "fourth/big", "live": False})
    assert (status, answer) == (200, WHOLE)
    assert orjson.loads(gateway.fourth.requests[-1].body)["engine"] == "big"
    assert gateway.fourth.requests[-1].path == "/v1/lines"
    _, _, stream = await gateway.post("/v1/lines", {**HI, "engine": "fourth/big", "live": True})
    assert stream == STREAM


async def test_its_callers_reach_other_formats(gateway):
    status, _, answer = await gateway.post("/v1/lines", {**HI, "engine": "known/small"})
    assert (status, answer) == (200, WHOLE)
    assert orjson.loads(gateway.known.requests[-1].body)["messages"] == [{"role": "user", "content": "hi"}]
    _, _, stream = await gateway.post("/v1/lines", {**HI, "engine": "known/small", "live": True})
    assert stream.startswith(b'data: {"id":"1"}')
    assert stream.endswith(b'data: {"said":"hello","words":[3,4]}\n\n')


async def test_callers_of_other_formats_reach_it(gateway):
    tool = {"type": "function", "function": {"name": "f"}}
    status, headers, answer = await gateway.post(
        "/v1/chat/completions", {**CHAT, "model": "fourth/big", "tools": [tool]}
    )
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "hello")
    assert answer["usage"]["total_tokens"] == 7
    assert headers["x-pointsman-warnings"] == "tools are left out"
    assert orjson.loads(gateway.fourth.requests[-1].body) == {"engine": "big", "lines": ["user: hi"], "live": False}
    said = {"max_tokens": 9, "model": "fourth/big", "stream": True, **CHAT}
    _, _, stream = await gateway.post("/v1/messages", said)
    assert b'"text_delta","text":"hel"' in stream
    assert b"message_stop" in stream


async def test_errors_have_its_shape_and_status(gateway):
    status, _, body = await gateway.post("/v1/lines", {"lines": "x"})
    assert (status, body) == (400, {"wrong": "`lines` must be a list of lines such as `user: hi`"})
    status, _, body = await gateway.post("/v1/lines", {**HI, "engine": "nobody/nothing"})
    assert status == 499
    assert body["wrong"].startswith("There is no")
    status, _, body = await gateway.post("/v1/chat/completions", {**CHAT, "model": "fourth/broken"})
    assert status == 404
    assert "no such engine" in body["error"]["message"]


async def test_models_are_listed_in_its_shape(gateway):
    async with gateway.session.get(gateway.url + "/v1/models", headers={"lines-version": "1"}) as answer:
        assert "fourth/big" in (await answer.json())["engines"]
    async with gateway.session.get(gateway.url + "/v1/models/auto", headers={"lines-version": "1"}) as answer:
        assert await answer.json() == {"engine": "auto"}
