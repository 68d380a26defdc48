"""How answers go over the wire, and fail to."""

import asyncio
import re
import time

import aiohttp
import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import AFTER_HEADERS, NEVER_ANSWER, Fault
from tests.support.fake_answers import (
    ASK,
    CHAT,
    PATHS,
    STREAM,
)


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


async def test_a_slow_reader_holds_the_writer_back(provider, client):
    provider.script(Answer.text(*["x" * 65536] * 400))
    async with client.post(CHAT, json=STREAM):
        await asyncio.sleep(0.3)
        assert 0 < provider.requests[0].chunks_sent < 300


async def test_a_stalled_answer_is_not_complete_so_that_its_connection_is_not_used_again(client):
    with pytest.raises(TimeoutError):
        async with client.post(
            CHAT, json=ASK | {"model": "fake-stall"}, timeout=aiohttp.ClientTimeout(0.2)
        ) as response:
            await response.read()
    async with client.post(CHAT, json=ASK) as response:
        assert response.status == 200
