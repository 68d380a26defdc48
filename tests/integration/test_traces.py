"""Traces of a gateway that serves, as a receiver gets them: on real sockets, by both protocols."""

import asyncio

import pytest

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import CODE, config_text, load, running
from tests.support.otlp import grpc_receiver, http_receiver

CHAT = {"messages": [{"role": "user", "content": CODE}], "model": "auto"}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def served(tmp_path, receiver, key, headers=None, answers=(), **tracing):
    """Serve one request and return its spans, by name, and what the provider was sent."""
    with receiver() as (url, received):
        async with FakeProvider() as provider:
            provider.script(*answers)
            entry = {"model": "openai/gpt", "base_url": provider.url, "access_key": "k"}
            text = config_text([entry], ("openai/gpt",), tracing=str({key: url} | tracing))
            async with running(load(tmp_path, text)) as gateway:
                status, _, _ = await gateway.post("/v1/chat/completions", CHAT, headers)
                assert status == 200
            return {span.name: span for span in received.spans}, received.spans, provider.requests


@pytest.mark.parametrize(
    ("key", "receiver"), [("opentracing_grpc_endpoint", grpc_receiver), ("otlp_http_endpoint", http_receiver)]
)
async def test_one_request_is_one_trace_with_its_decision_and_its_attempt(tmp_path, key, receiver):
    named, spans, _ = await served(tmp_path, receiver, key)
    assert list(named) == ["POST /v1/chat/completions", "decision", "chat gpt"]
    server, decision, attempt = named.values()
    assert {span.trace_id for span in spans} == {server.trace_id}
    assert decision.parent_span_id == attempt.parent_span_id == server.span_id
    assert server.start_time_unix_nano <= decision.start_time_unix_nano <= decision.end_time_unix_nano
    assert decision.end_time_unix_nano <= attempt.start_time_unix_nano
    assert attempt.end_time_unix_nano == server.end_time_unix_nano


async def test_each_attempt_is_a_span_and_the_parent_of_what_its_provider_does(tmp_path):
    answers = [Answer.error(500), Answer.text("well")]
    headers = {"traceparent": PARENT, "tracestate": "vendor=1"}
    _, spans, asked = await served(tmp_path, http_receiver, "otlp_http_endpoint", headers, answers)
    attempts = [span for span in spans if span.name == "chat gpt"]
    server = spans[0]
    assert (server.trace_id.hex(), server.parent_span_id.hex()) == tuple(PARENT.split("-")[1:3])
    assert len(attempts) == len(asked) == 2
    for attempt, request in zip(attempts, asked, strict=True):
        assert request.headers["traceparent"].split("-")[1:3] == [attempt.trace_id.hex(), attempt.span_id.hex()]
        assert request.headers["tracestate"] == "vendor=1"


async def test_a_trace_that_is_not_sampled_is_not_exported(tmp_path):
    headers = {"traceparent": PARENT.replace("-01", "-00")}
    _, spans, asked = await served(tmp_path, http_receiver, "otlp_http_endpoint", headers)
    assert spans == []
    assert asked[0].headers["traceparent"].endswith("-00")


async def test_a_receiver_that_is_away_fails_no_request(tmp_path, log_lines):
    tracing = "{opentracing_grpc_endpoint: 'http://127.0.0.1:9', timeout_seconds: 0.3}"
    async with FakeProvider() as provider:
        entry = {"model": "openai/gpt", "base_url": provider.url, "access_key": "k"}
        async with running(load(tmp_path, config_text([entry], tracing=tracing))) as gateway:
            statuses = await asyncio.gather(*(gateway.post("/v1/chat/completions", CHAT) for _ in range(20)))
    assert {status for status, _, _ in statuses} == {200}
    assert [line["event"] for line in log_lines].count("traces_not_exported") == 1
