"""Every fault of a provider, in every format, ends as BEHAVIOUR section 3 says."""

import asyncio
import time

import aiohttp
import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import CODE, config_text, load, running

BODIES = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": CODE}]},
    "/v1/messages": {"max_tokens": 100, "messages": [{"role": "user", "content": CODE}]},
    "/v1/responses": {"input": CODE},
}
ENDS = {"/v1/chat/completions": b"[DONE]", "/v1/messages": b"message_stop", "/v1/responses": b"response.completed"}
PATHS = list(BODIES)
FIRST, SECOND = "anthropic/claude", "openai/gpt"
QUICK = "{retry_base_seconds: 0.001, max_retry_after_seconds: 0.1}"
LONG = tuple(f"word{number} " for number in range(20))


@pytest.fixture
async def first():
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def second():
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def gateway(tmp_path, first, second):
    providers = [
        {"model": FIRST, "base_url": first.url, "access_key": "k1", "max_retries": 1},
        {"model": SECOND, "base_url": second.url, "access_key": "k2", "max_retries": 0},
    ]
    limits = "{first_byte_timeout_seconds: 1, idle_timeout_seconds: 1, connect_timeout_seconds: 1}"
    text = config_text(providers, (FIRST, SECOND), limits=limits, resilience=QUICK)
    async with running(load(tmp_path, text)) as served:
        yield served


AT_ONCE = {"429 for long", "no answer"}
"""After these the same candidate is not asked again."""
BEFORE = {
    "no answer": Fault(stall_at=-1.0),
    "connection cut": Fault(cut_at=-1.0),
    "connection reset": Fault(cut_at=-1.0, reset=True),
    "cut after the headers": Fault(cut_at=0.0),
    "429": Fault(status=429),
    "429 for long": Fault(status=429, retry_after=60),
    "500": Fault(status=500),
    "503": Fault(status=503),
    "529": Fault(status=529),
    "408": Fault(status=408),
    "malformed": Fault(malformed_at=0),
    "error event first": Fault(error_at=0),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", BEFORE)
async def test_until_the_first_byte_the_next_candidate_serves(gateway, first, second, path, stream, fault):
    if fault == "error event first" and not stream:
        pytest.skip("a whole answer has no events")
    first.default = lambda _: Answer.text("wrong", fault=BEFORE[fault])
    second.script(Answer.text("right"))
    status, headers, answer = await gateway.post(path, {**BODIES[path], "stream": stream})
    assert status == 200
    assert "right" in str(answer)
    assert "wrong" not in str(answer)
    assert headers["x-pointsman-model"] == SECOND
    assert len(first.requests) == (1 if fault in AT_ONCE else 2)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [401, 402, 403, 404, 410, 413])
async def test_what_concerns_one_candidate_alone_goes_to_the_next_at_once(gateway, first, second, path, stream, status):
    first.default = lambda _: Answer.error(status, "not here")
    second.script(Answer.text("right"))
    told, headers, answer = await gateway.post(path, {**BODIES[path], "stream": stream}, {"X-Session-Id": "s"})
    assert (told, "right" in str(answer), headers["x-pointsman-model"]) == (200, True, SECOND)
    assert len(first.requests) == 1
    _, headers, _ = await gateway.post(path, BODIES[path], {"X-Session-Id": "s"})
    assert (headers["x-pointsman-model"], headers["x-pointsman-pinned"]) == (SECOND, "true")
    assert len(first.requests) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", [400, 422])
async def test_what_would_be_the_same_everywhere_is_told_at_once(gateway, first, second, path, status):
    first.script(Answer.error(status, "because of this"))
    told, headers, answer = await gateway.post(path, BODIES[path])
    assert told == status
    assert "because of this" in answer["error"]["message"]
    assert ("type" in answer) is (path == "/v1/messages")
    assert headers["x-pointsman-model"] == FIRST
    assert len(first.requests) == 1
    assert not second.requests


@pytest.mark.parametrize("path", PATHS)
async def test_the_final_error_says_what_all_candidates_answered(gateway, first, second, path):
    first.default = lambda _: Answer.error(500, "first is down")
    second.default = lambda _: Answer.error(429, "second is busy", retry_after=7)
    status, headers, answer = await gateway.post(path, BODIES[path])
    message = answer["error"]["message"]
    assert status == 429
    assert f"{FIRST}: 500: first is down (2 tries)" in message
    assert f"{SECOND}: 429: second is busy" in message
    assert headers["Retry-After"] == "7"


@pytest.mark.parametrize("path", PATHS)
async def test_a_provider_that_cannot_be_reached_is_a_502_or_504_that_names_it(tmp_path, path):
    providers = [{"model": "openai/gpt", "base_url": "http://127.0.0.1:9", "access_key": "k", "max_retries": 0}]
    async with running(load(tmp_path, config_text(providers))) as served:
        status, _, answer = await served.post(path, BODIES[path])
    assert status == 502
    cause = "openai/gpt: 127.0.0.1:9 could not be connected to: the connection was refused"
    assert cause in answer["error"]["message"]


MIDWAY = {
    "cut": Fault(cut_at=6.0),
    "cut in a frame": Fault(cut_at=6.5),
    "reset": Fault(cut_at=6.0, reset=True),
    "silence": Fault(stall_at=6.0),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", [FIRST, SECOND])
@pytest.mark.parametrize("fault", MIDWAY)
async def test_a_stream_that_dies_ends_in_an_error_event_and_never_in_a_clean_end(
    gateway, first, second, path, model, fault
):
    for provider in (first, second):
        provider.default = lambda _: Answer.text(*LONG, fault=MIDWAY[fault])
    body = {**BODIES[path], "model": model, "stream": True, "routing_preferences": []}
    status, _, answer = await gateway.post(path, body)
    assert status == 200
    assert b"word0" in answer
    assert ENDS[path] not in answer
    assert b'"error"' in answer.split(b"\n\n")[-2]
    assert answer.endswith(b"\n\n")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", [FIRST, SECOND])
async def test_the_providers_own_error_event_is_passed_on_once(gateway, first, second, path, model):
    for provider in (first, second):
        provider.default = lambda _: Answer.text(*LONG, fault=Fault(error_at=6))
    body = {**BODIES[path], "model": model, "stream": True, "routing_preferences": []}
    _, _, answer = await gateway.post(path, body)
    assert ENDS[path] not in answer
    events = [event for event in answer.split(b"\n\n") if b'"error":{' in event or b"event: error" in event]
    assert 1 <= len(events) <= 2  # Responses says it in two events, `error` and `response.failed`


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", [FIRST, SECOND])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_is_seen_by_the_provider_within_a_second(
    gateway, first, second, path, model, stream
):
    provider = first if model == FIRST else second
    asked = asyncio.Event()

    def answer(_):
        asked.set()
        return Answer.text(*LONG, fault=Fault(stall_at=3.0 if stream else -1.0))

    provider.default = answer
    body = {**BODIES[path], "model": model, "stream": stream, "routing_preferences": []}
    asking = asyncio.create_task(gateway.post(path, body))
    await asked.wait()
    await asyncio.sleep(0.1)
    asking.cancel()
    left = time.monotonic()
    assert await provider.wait_for_disconnect(2) - left < 1
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_client_that_leaves_is_no_failure_of_the_provider(gateway, first):
    first.default = lambda _: Answer.text(*LONG, fault=Fault(stall_at=3.0))
    for _ in range(7):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await gateway.post("/v1/messages", {**BODIES["/v1/messages"], "stream": True})
    first.default = lambda _: Answer.text("well")
    _, headers, _ = await gateway.post("/v1/messages", BODIES["/v1/messages"])
    assert headers["x-pointsman-model"] == FIRST


async def test_a_provider_that_keeps_failing_is_left_out(gateway, first):
    first.default = lambda _: Answer.error(500)
    for _ in range(3):
        await gateway.post("/v1/messages", BODIES["/v1/messages"])
    seen = len(first.requests)
    first.default = lambda _: Answer.text("well again")
    _, headers, _ = await gateway.post("/v1/messages", BODIES["/v1/messages"])
    assert headers["x-pointsman-model"] == SECOND
    assert len(first.requests) == seen


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", [FIRST, SECOND])
@pytest.mark.parametrize("stream", [False, True])
async def test_a_compressed_answer_arrives_readable(gateway, first, second, path, model, stream):
    for provider in (first, second):
        provider.default = lambda _: Answer.text(*LONG, fault=Fault(gzip=True))
    body = {**BODIES[path], "model": model, "stream": stream, "routing_preferences": []}
    status, headers, answer = await gateway.post(path, body)
    assert status == 200
    assert "Content-Encoding" not in headers
    assert "word19" in str(answer)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", [FIRST, SECOND])
async def test_pings_and_first_words_are_not_held_back(gateway, first, second, path, model):
    for provider in (first, second):
        provider.default = lambda _: Answer.text(*LONG, fault=Fault(pace=0.02, ping_every=1))
    body = {**BODIES[path], "model": model, "stream": True, "routing_preferences": []}
    started = time.monotonic()
    async with gateway.session.post(gateway.url + path, json=body) as answer:
        arrivals = [time.monotonic() - started async for _ in answer.content.iter_any()]
    assert arrivals[0] < 0.3 * arrivals[-1]
    assert len(arrivals) > 15


async def test_a_slow_reader_does_not_grow_memory(gateway, second):
    megabyte = "x" * 1_000_000
    second.default = lambda _: Answer.text(*[megabyte] * 64)
    body = {**BODIES["/v1/chat/completions"], "model": SECOND, "stream": True, "routing_preferences": []}
    timeout = aiohttp.ClientTimeout(total=None)
    async with gateway.session.post(gateway.url + "/v1/chat/completions", json=body, timeout=timeout) as answer:
        assert await answer.content.readany()
        await asyncio.sleep(0.5)
        assert second.requests[-1].chunks_sent < 40


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", [FIRST, SECOND])
@pytest.mark.parametrize("fault", [*MIDWAY, "error event"])
async def test_a_stream_that_dies_is_in_the_log_and_in_the_end_ejects_its_provider(
    gateway, first, second, path, model, fault, log_lines
):
    dies = {**MIDWAY, "error event": Fault(error_at=6)}[fault]
    for provider in (first, second):
        provider.default = lambda _: Answer.text(*LONG, fault=dies)
    body = {**BODIES[path], "model": model, "stream": True, "routing_preferences": []}
    await asyncio.gather(*(gateway.post(path, body) for _ in range(5)))
    reason = {"silence": "silence", "error event": "error_event"}.get(fault, "connection_lost")
    broke = [line for line in log_lines if line["event"] == "upstream_broke_off"]
    assert [(line["model"], line["reason"]) for line in broke] == [(model, reason)] * 5
    lines = [line for line in log_lines if line["event"] == "request"]
    assert [(line["model"], bool(line["broken"])) for line in lines] == [(model, True)] * 5
    assert {line["trace_id"] for line in broke} == {line["trace_id"] for line in lines}
    assert [line["model"] for line in log_lines if line["event"] == "upstream_ejected"] == [model]


@pytest.mark.parametrize("path", PATHS)
async def test_a_failure_is_logged_with_its_trace_and_the_model_that_was_asked(gateway, second, path, log_lines):
    second.default = lambda _: Answer.error(500)
    await gateway.post(path, {**BODIES[path], "model": SECOND, "routing_preferences": []})
    failed, line = log_lines
    assert (failed["event"], line["event"], line["model"]) == ("upstream_failed", "request", SECOND)
    assert failed["trace_id"] == line["trace_id"]
