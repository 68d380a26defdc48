"""The load generator sends what it should, counts what came back and stops when told."""

import asyncio
import json
import sys
import time

import pytest

from bench.load import paced, run
from bench.prompts import KINDS, prompts, requests
from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider


@pytest.fixture
async def provider():
    async with FakeProvider() as provider:
        yield provider


def _port(provider: FakeProvider) -> int:
    return int(provider.url.rpartition(":")[2])


async def test_each_request_is_sent_once_and_answered(provider):
    report = await asyncio.to_thread(run, _port(provider), requests("embedded", 1, 100), connections=4)
    assert (report.requests, report.failures) == (100, 0)
    assert len({request.raw for request in provider.requests}) == 100
    assert 0 < report.p50_ms <= report.p99_ms
    assert json.loads(report.last_body)["object"] == "chat.completion"


async def test_it_stops_when_the_time_is_up(provider):
    provider.default = lambda _request: Answer.text("a", fault=Fault(delay=0.02))
    report = await asyncio.to_thread(run, _port(provider), requests("pinned", 1, 5000), connections=2, seconds=0.2)
    assert 2 <= report.requests < 100
    assert report.seconds < 1


async def test_answers_in_pieces_are_whole_before_they_count(provider):
    provider.default = lambda _request: Answer.text("a", fault=Fault(chunk_bytes=(50,), pace=0.002))
    report = await asyncio.to_thread(run, _port(provider), requests("no-match", 1, 5), connections=1)
    assert json.loads(report.last_body)["usage"]
    assert report.requests == 5


async def test_failures_are_counted(provider):
    provider.default = lambda _request: Answer.error(500)
    report = await asyncio.to_thread(run, _port(provider), requests("embedded", 1, 7), connections=3)
    assert report.failures == 7


async def test_a_server_that_hangs_up_is_an_error(provider):
    provider.default = lambda _request: Answer.text("a", fault=Fault(cut_at=0.5))
    with pytest.raises(ConnectionError):
        await asyncio.to_thread(run, _port(provider), requests("embedded", 1, 7))


async def test_requests_are_sent_at_a_pace_and_each_is_timed(provider):
    began = time.perf_counter()
    times = await asyncio.to_thread(paced, _port(provider), requests("no-match", 1, 20), 200.0, 4)
    assert time.perf_counter() - began >= 19 / 200
    assert len(times) == len(provider.requests) == 20
    assert all(each > 0 for each in times)


async def test_a_request_that_finds_no_connection_is_timed_from_when_it_was_due(provider):
    provider.default = lambda _request: Answer.text("a", fault=Fault(delay=0.02))
    times = await asyncio.to_thread(paced, _port(provider), requests("no-match", 1, 3), 1000.0, 1)
    assert times[2] > 0.05


async def test_a_pace_that_fails_is_no_measurement(provider):
    provider.default = lambda _request: Answer.error(500)
    with pytest.raises(AssertionError, match="500"):
        await asyncio.to_thread(paced, _port(provider), requests("no-match", 1, 3), 200.0, 1)


async def test_it_runs_from_the_command_line(provider):
    command = (sys.executable, "-m", "bench.load", "--port", str(_port(provider)), "--kind", "sessions", "--count", "9")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert json.loads(out)["requests"] == 9
    assert len({request.headers["x-session-id"] for request in provider.requests}) == 9


async def test_a_chunked_answer_is_read_to_its_last_chunk(provider):
    body = b'{"model":"m","messages":[],"stream":true}'
    request = b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    report = await asyncio.to_thread(run, _port(provider), [request] * 3, connections=1)
    assert (report.requests, report.failures) == (3, 0)
    assert report.last_body.endswith("data: [DONE]\n\n\r\n0\r\n\r\n")


async def test_an_answer_of_unknown_length_is_an_error():
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nwhatever comes")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ValueError, match="content-length"):
            await asyncio.to_thread(run, port, [b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"])


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_prompts_are_alike(kind):
    seen = {prompt for seed in (1, 2) for prompt, _ in zip(prompts(kind, seed), range(5000), strict=False)}
    assert len(seen) == 10_000


@pytest.mark.parametrize("length", [12, 2000])
def test_prompts_are_as_long_as_asked(length):
    assert len(next(prompts("embedded", 1, length)).split()) == length
