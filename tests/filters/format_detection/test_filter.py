import gzip

import orjson
import pytest

from filters.api import CHAT
from filters.format_detection.body import BodyReader
from filters.format_detection.filter import FormatDetectionFilter
from filters.format_detection.limits import BodyLimits
from filters.formats.registry import ENDPOINTS

CHAT_BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
BODIES = {"completions": CHAT_BODY, "messages": CHAT_BODY, "responses": {"input": "hi"}}


def limited(max_bytes):
    return BodyReader(BodyLimits(max_bytes=max_bytes))


def tell(request):
    chat = request[CHAT]
    return chat and {"format": chat.format, "decision_only": chat.decision_only, "raw": chat.raw.decode()}


@pytest.fixture
async def client(serve):
    return await serve([FormatDetectionFilter(limited(1000))], tell)


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_the_path_tells_the_format(client, path):
    told = await (await client.post(path, json=BODIES[path.rsplit("/", 1)[1]])).json()
    assert told["format"] == ENDPOINTS[path].format
    assert told["decision_only"] is ENDPOINTS[path].decision_only


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_another_method_is_a_405_that_says_which(client, path, method):
    answer = await client.request(method, path)
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"
    body = await answer.json()
    assert ("type" in body) is path.endswith("messages")


async def test_an_unknown_path_among_the_decisions_is_a_404_in_the_shape_of_the_path(client):
    openai = await client.post("/routing/v1/nothing", json=CHAT_BODY)
    anthropic = await client.post("/routing/v1/messages/nothing", json=CHAT_BODY)
    assert (openai.status, anthropic.status) == (404, 404)
    assert set(await openai.json()) == {"error"}
    assert (await anthropic.json())["type"] == "error"


async def test_other_paths_pass_without_a_chat(client):
    assert await (await client.post("/v1/embeddings", json={"input": "x"})).json() is None


async def test_a_gzipped_body_with_an_odd_content_type_is_accepted(client):
    packed = gzip.compress(orjson.dumps(CHAT_BODY))
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/odd"}
    answer = await client.post("/v1/chat/completions", data=packed, headers=headers)
    assert answer.status == 200
    assert orjson.loads((await answer.json())["raw"]) == CHAT_BODY


async def test_a_small_body_that_unpacks_to_a_large_one_is_a_413_and_the_connection_lives_on(client):
    bomb = gzip.compress(b"[" + b" " * 5_000_000 + b"]")
    assert (await client.post("/v1/chat/completions", data=bomb, headers={"Content-Encoding": "gzip"})).status == 413
    assert (await client.post("/v1/chat/completions", json=CHAT_BODY)).status == 200


async def test_a_large_body_is_parsed_too(serve):
    client = await serve([FormatDetectionFilter(limited(10_000_000))], tell)
    body = {"messages": [{"role": "user", "content": "x" * 1_000_000}]}
    assert orjson.loads((await (await client.post("/v1/chat/completions", json=body)).json())["raw"]) == body


async def test_a_chunked_body_is_accepted(client):
    async def pieces():
        for byte in orjson.dumps(CHAT_BODY):
            yield bytes([byte])

    assert (await client.post("/v1/chat/completions", data=pieces())).status == 200


async def test_the_wrong_shape_is_a_400_that_names_the_field(client):
    answer = await client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": 7}]})
    error = (await answer.json())["error"]
    assert answer.status == 400
    assert error["param"] == "messages[0].content"


async def test_a_body_for_another_path_is_told_which(client):
    answer = await client.post("/routing/v1/chat/completions", json={"input": "hi"})
    assert "/v1/responses" in (await answer.json())["error"]["message"]
