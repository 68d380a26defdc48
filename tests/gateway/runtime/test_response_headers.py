import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from filters.api import RESPONSE_HEADERS, TRACE
from filters.context import TraceContext
from gateway.runtime.lifecycle import Lifecycle
from gateway.runtime.response_headers import apply_headers
from gateway.version import VERSION
from tests.support.gateway import config_text, load, running
from tests.support.upstream import says, upstream


@pytest.fixture
def told():
    async def told(path="/v1/messages", trace_id=None, **headers):
        request = make_mocked_request("POST", path)
        request[RESPONSE_HEADERS] = headers
        if trace_id:
            request[TRACE] = TraceContext(trace_id, "s", None, 1, None, "r")
        response = web.Response()
        await apply_headers(Lifecycle(), request, response)
        return {name: value for name, value in response.headers.items() if name != "Content-Type"}

    return told


HELLO = [{"role": "user", "content": "hi"}]


async def test_what_is_proxied_names_its_trace(told):
    common = {"Server": f"pointsman/{VERSION}"}
    assert await told() == common
    assert await told(trace_id="t") == {**common, "x-pointsman-trace-id": "t"}
    assert await told("/healthz", "t") == {"Server": f"pointsman/{VERSION}"}


async def test_what_a_filter_said_is_kept_and_what_no_header_can_carry_is_encoded(told):
    said = await told(**{"x-pointsman-route": "wéird\r\nX-Mine: 1"})
    assert said["x-pointsman-route"] == "w%C3%A9ird%0D%0AX-Mine: 1"


@pytest.mark.parametrize(
    ("path", "body", "status", "route"),
    [
        ("/v1/chat/completions", {"messages": 7}, 400, None),
        ("/v1/messages", [], 400, None),
        ("/v1/embeddings", {"input": "x"}, 400, None),
        ("/v1/embeddings", {"model": "openai/gpt"}, 401, None),
        ("/v1/messages", {"model": "nobody/x", "messages": HELLO, "max_tokens": 1}, 404, "none"),
        ("/v1/messages", {"model": "openai/gpt", "messages": HELLO, "max_tokens": 1}, 401, "none"),
    ],
)
async def test_an_answer_that_never_came_to_a_provider_names_a_route_where_one_was_looked_for(
    tmp_path, path, body, status, route
):
    providers = [{"model": "openai/gpt", "base_url": "http://127.0.0.1:9", "access_key": "$UNSET"}]
    async with running(load(tmp_path, config_text(providers))) as gateway:
        answered, headers, _ = await gateway.post(path, body)
    assert (answered, headers.get("x-pointsman-route")) == (status, route)
    assert len(headers["x-pointsman-trace-id"]) == 32
    assert headers.get("x-pointsman-model") == ("openai/gpt" if status == 401 else None)


SONNET = "anthropic/claude-sonnet-4-20250514"
USAGE = {"input_tokens": 1000, "output_tokens": 100, "cache_read_input_tokens": 500}
MESSAGE = {
    "id": "m", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "hi"}], "usage": USAGE,
}  # fmt: skip
ASKED = {"model": SONNET, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
@pytest.mark.parametrize(("setting", "told_"), [("true", "0.004650000"), ("false", None)])
async def test_a_whole_answer_says_what_it_cost_where_that_is_wanted(tmp_path, path, setting, told_):
    async with upstream(says(orjson.dumps(MESSAGE))) as provider:
        providers = [{"model": SONNET, "base_url": provider.url, "access_key": "key"}]
        async with running(load(tmp_path, config_text(providers, cost_header=setting))) as gateway:
            status, headers, _ = await gateway.post(path, ASKED)
    assert (status, headers.get("x-pointsman-cost")) == (200, told_)


async def test_a_cost_that_nobody_knows_is_not_told(tmp_path):
    async with upstream(says(orjson.dumps(MESSAGE))) as provider:
        providers = [{"model": "mine/m", "base_url": provider.url, "formats": "[anthropic_messages]"}]
        async with running(load(tmp_path, config_text(providers, cost_header="true"))) as gateway:
            status, headers, _ = await gateway.post("/v1/messages", ASKED | {"model": "mine/m"})
    assert (status, headers.get("x-pointsman-cost")) == (200, None)
