"""The fake provider on its socket: what it records, how it fails, and that it goes away when told."""

import asyncio
import itertools
import json
import re
import signal
import sys
import time

import aiohttp
import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.demo import sample
from devtools.fake_provider.faults import AFTER_HEADERS, NEVER_ANSWER, Fault
from devtools.fake_provider.server import FakeProvider

CHAT = "/v1/chat/completions"
ASK = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}
STREAM = ASK | {"stream": True}
PATHS = [CHAT, "/v1/messages"]


@pytest.fixture
async def provider():
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def client(provider):
    async with aiohttp.ClientSession(provider.url, timeout=aiohttp.ClientTimeout(5)) as client:
        yield client


async def test_requests_are_recorded_as_they_came(provider, client):
    async with client.post(f"{CHAT}?a=1", json=ASK, headers={"x-own": "yes"}):
        pass
    [seen] = provider.requests
    assert (seen.method, seen.path, seen.query["a"], seen.headers["X-Own"]) == ("POST", CHAT, "1", "yes")
    assert seen.body == ASK
    assert json.loads(seen.raw) == ASK
    assert seen.answered_at is not None


async def test_a_function_may_answer_and_the_script_runs_out_into_the_echo(provider, client):
    provider.script(lambda request: Answer.text(request.body["model"].upper()), Answer.text("second"))
    said = []
    for _ in range(3):
        async with client.post(CHAT, json=ASK) as response:
            said.append((await response.json())["choices"][0]["message"]["content"])
    assert said == ["M", "second", "You said: hello\n\n(The fake provider, asked for m.)"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", CHAT, 405), ("POST", "/v1/nothing", 404)])
async def test_what_is_not_there_is_an_error(client, method, path, status):
    async with client.request(method, path) as response:
        assert response.status == status
        assert (await response.json())["error"]["message"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "fault", [Fault(cut_at=NEVER_ANSWER), Fault(cut_at=NEVER_ANSWER, reset=True)], ids=["closed", "reset"]
)
async def test_a_connection_can_be_cut_before_the_headers(provider, client, path, fault):
    provider.script(Answer.text("a", fault=fault), Answer.text("a", fault=fault))  # aiohttp tries a second time
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.post(path, json=STREAM)
    assert not provider.disconnected.is_set()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("body", "cut_at"),
    [(ASK, AFTER_HEADERS), (ASK, 0.5), (STREAM, AFTER_HEADERS), (STREAM, 0.5), (STREAM, 1.0), (STREAM, 2.5)],
)
async def test_a_cut_answer_is_never_a_clean_end(provider, client, path, body, cut_at):
    provider.script(Answer.text("a", "b", fault=Fault(cut_at=cut_at)))
    async with client.post(path, json=body) as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


@pytest.mark.parametrize("stall_at", [NEVER_ANSWER, AFTER_HEADERS, 2.5])
async def test_a_stall_lasts_until_the_client_leaves_and_that_is_seen(provider, client, stall_at):
    provider.script(Answer.text("a", "b", fault=Fault(stall_at=stall_at)))
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        async with client.post(CHAT, json=STREAM, timeout=aiohttp.ClientTimeout(0.1)) as response:
            await response.read()
    left = await provider.wait_for_disconnect(1)
    assert started < left < time.monotonic()
    await asyncio.sleep(0)
    assert provider.active == 0


async def test_a_client_that_leaves_a_paced_stream_is_seen(provider, client):
    provider.script(Answer.text(*"abcdefgh", fault=Fault(pace=0.05)))
    async with client.post(CHAT, json=STREAM) as response:
        await response.content.readline()
        response.close()
    await provider.wait_for_disconnect(0.5)
    assert provider.requests[0].disconnected_at is not None


async def test_an_answer_that_was_read_is_no_disconnect(provider, client):
    async with client.post(CHAT, json=STREAM) as response:
        await response.read()
    await client.close()
    await asyncio.sleep(0.05)
    assert not provider.disconnected.is_set()
    assert provider.connections == 0


async def test_frames_are_paced(provider, client):
    provider.script(Answer.text(*"abcd", fault=Fault(pace=0.03, delay=0.05, body_delay=0.05)))
    started, times = time.monotonic(), []
    async with client.post(CHAT, json=STREAM) as response:
        headers_at = time.monotonic() - started
        async for chunk, _end in response.content.iter_chunks():
            times += [time.monotonic() - started] if chunk else []
    assert headers_at >= 0.05
    assert times[0] >= 0.1
    assert len(times) == 7  # the role, four pieces, the finish and [DONE]
    assert all(0.015 < after - before < 0.2 for before, after in itertools.pairwise(times))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "fault",
    [Fault(chunk_bytes=(1,)), Fault(chunk_bytes=(3, 11)), Fault(gzip=True), Fault(split_utf8=True, pace=0.001)],
    ids=["bytes", "sizes", "gzip", "utf8"],
)
async def test_any_framing_carries_the_same_bytes(provider, client, path, fault):
    provider.script(Answer.text("Zürich ", "☀", fault=fault), Answer.text("Zürich ", "☀"))
    seen = []
    for _ in range(2):
        async with client.post(path, json=STREAM) as response:
            text = (await response.read()).decode()
        seen.append(re.sub(r'"(id|request_id|created)":("[^"]*"|\d+)', "", text))
    assert seen[0] == seen[1]


async def test_gzip_and_a_wrong_content_type_are_announced(provider, client):
    provider.script(Answer.text("a", fault=Fault(gzip=True, content_type="text/html", headers=(("x-a", "b"),))))
    async with client.post(CHAT, json=ASK) as response:
        assert (response.headers["content-encoding"], response.content_type) == ("gzip", "text/html")
        assert response.headers["x-a"] == "b"
        assert (await response.json(content_type=None))["choices"][0]["message"]["content"] == "a"


async def test_raw_bytes_replace_the_answer(provider, client):
    provider.script(Answer(raw=b"<html>"), Answer(raw_frames=(b"data: 1\n\n",)))
    async with client.post(CHAT, json=ASK) as response:
        assert await response.read() == b"<html>"
    async with client.post(CHAT, json=STREAM) as response:
        assert await response.read() == b"data: 1\n\n"


async def test_people_ask_for_faults_by_header_or_model(client):
    async with client.post(CHAT, json=ASK, headers={"x-fake-fault": "status=503 retry_after=2"}) as response:
        assert (response.status, response.headers["retry-after"]) == (503, "2")
    async with client.post("/v1/messages", json=ASK | {"model": "fake-529"}) as response:
        assert (response.status, (await response.json())["error"]["type"]) == (529, "overloaded_error")
    async with client.post(CHAT, json=ASK, headers={"x-fake-fault": "sorcery"}) as response:
        assert response.status == 400
        assert "sorcery" in await response.text()


async def test_a_paced_model_name_sets_count_and_pace(client):
    started = time.monotonic()
    async with client.post(CHAT, json=STREAM | {"model": "fake-5x20ms"}) as response:
        text = await response.text()
    assert text.count("frame 00000") == 5
    assert time.monotonic() - started >= 0.1


async def test_a_reusable_answer_is_the_same_to_the_byte(provider, client):
    provider.script(*[Answer.text("a", reusable=True)] * 3)
    seen = []
    for model in ("m", "m", "n"):
        async with client.post(CHAT, json=STREAM | {"model": model}) as response:
            seen.append(await response.read())
    assert seen[0] == seen[1] != seen[2]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#/$defs/A", "$defs": {"A": {"enum": ["x", "y"]}}}, "x"),
        ({"const": 3}, 3),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, 1.5),
        ({"type": "array", "items": {"type": "boolean"}}, [True]),
        ({"type": "null"}, None),
    ],
)
def test_samples_fit_their_schema(schema, value):
    assert sample(schema) == value


async def test_what_people_said_is_found_in_content_parts(client):
    content = [{"type": "input_text", "text": "look"}, {"type": "input_image"}, {"type": "input_text", "text": "here"}]
    async with client.post(
        "/v1/responses", json={"model": "m", "input": [{"role": "user", "content": content}]}
    ) as seen:
        assert "You said: look here" in await seen.text()


async def test_a_slow_reader_holds_the_writer_back(provider, client):
    provider.script(Answer.text(*["x" * 65536] * 400))
    async with client.post(CHAT, json=STREAM):
        await asyncio.sleep(0.3)
        assert 0 < provider.requests[0].chunks_sent < 300


async def test_it_goes_away_at_once_with_streams_open():
    async with aiohttp.ClientSession() as client:
        async with FakeProvider() as provider:
            provider.default = lambda _request: Answer.text("a", "b", fault=Fault(stall_at=1.0))
            streams = [await client.post(provider.url + CHAT, json=STREAM) for _ in range(20)]
            started = time.monotonic()
        assert time.monotonic() - started < 1.0
        assert not provider.disconnected.is_set()
        for stream in streams:
            stream.close()


async def test_it_runs_by_itself_until_sigterm():
    command = (sys.executable, "-m", "devtools.fake_provider", "--port", "0")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    url = (await process.stdout.readline()).decode().split()[-1]
    async with aiohttp.ClientSession() as client, client.get(f"{url}/v1/models") as response:
        assert (await response.json())["object"] == "list"
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 5) == 0
