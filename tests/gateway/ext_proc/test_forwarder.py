"""Where a request goes inside Envoy, and what of it: decided, written and authenticated as the gateway itself would."""

import asyncio
import json

import pytest

from tests.support.fake_envoy import DUPLEX, Modes, Says, inside_envoy
from tests.support.gateway import CODE, config_text, load

CHAT, MESSAGES, DECISION = "/v1/chat/completions", "/v1/messages", "/routing/v1/chat/completions"
FIRST, SECOND, OTHER = "openai/first", "openai/second", "anthropic/other"
HELLO = "hello"
ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "first",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}  # fmt: skip
JSON = {"content-type": "application/json"}


def chat(said=CODE, **more):
    return json.dumps({"model": "auto", "messages": [{"role": "user", "content": said}], **more}).encode()


def answers(_=None):
    return Says((json.dumps(ANSWER).encode(),), headers=JSON)


def fails(status, body=b"{}", **headers):
    return lambda _: Says((body,), status, {**JSON, **headers})


@pytest.fixture
def envoy(tmp_path):
    def serve(models=(FIRST, SECOND), **more):
        providers = [
            {"model": FIRST, "base_url": "http://one.test/base", "access_key": "our-key-one", "default": "true"},
            {"model": SECOND, "base_url": "http://two.test", "access_key": "our-key-two"},
            {"model": OTHER, "base_url": "http://three.test", "access_key": "our-key-three"},
            {"model": "groq/keyless", "base_url": "http://four.test", "access_key": "$GROQ_KEY"},
        ]
        return inside_envoy(load(tmp_path, config_text(providers, models, **more)))

    return serve


@pytest.mark.parametrize("mode", [Modes(), Modes(DUPLEX, DUPLEX)])
async def test_a_request_goes_on_as_the_gateway_would_send_it(envoy, mode):
    async with envoy() as served:
        headers = {**JSON, "content-length": "1", "x-session-id": "s", "authorization": "Bearer callers", "cookie": "a"}
        result = await served.send(CHAT, chat(), headers, answers, mode)
    sent = result.sent
    assert json.loads(sent.body)["model"] == "first"
    assert sent.headers[":path"] == "/base/chat/completions"
    assert sent.headers["authorization"] == "Bearer our-key-one"
    assert sent.headers["content-length"] == str(len(sent.body))
    assert sent.headers["x-pointsman-model"] == FIRST
    assert (sent.headers["x-pointsman-route"], sent.headers["x-pointsman-pinned"]) == ("code_generation", "false")
    assert {"cookie", "x-session-id"}.isdisjoint(sent.headers)
    assert result.cleared
    assert result.metadata["model"] == FIRST
    assert result.metadata["decided_by"] == "embedded"
    assert json.loads(result.body) == ANSWER
    assert result.headers["x-pointsman-model"] == FIRST
    assert result.headers["x-pointsman-trace-id"] == sent.headers["x-pointsman-trace-id"]


async def test_a_callers_own_marks_do_not_choose_where_it_goes(envoy):
    async with envoy() as served:
        marks = {"x-pointsman-model": SECOND, "x-pointsman-pinned": "true"}
        result = await served.send(CHAT, chat(HELLO), {**JSON, **marks}, answers)
    assert result.sent.headers["x-pointsman-model"] == FIRST
    assert "x-pointsman-pinned" not in result.sent.headers


async def test_a_decision_is_answered_without_a_provider(envoy):
    async with envoy() as served:
        result = await served.send(f"{DECISION}?explain=true", chat(), {**JSON, "x-session-id": "s"})
    assert (result.sent, result.status) == (None, 200)
    body = json.loads(result.body)
    assert (body["model"], body["pinned"], body["explain"]["decided_by"]) == (FIRST, False, "embedded")


async def test_a_pin_holds_on_both_kinds_of_path_and_in_any_format(envoy):
    async with envoy() as served:
        await served.send(DECISION, chat(), {**JSON, "x-session-id": "s"})
        body = json.dumps({"max_tokens": 9, "messages": [{"role": "user", "content": HELLO}]}).encode()
        result = await served.send(MESSAGES, body, {**JSON, "x-session-id": "s"}, answers)
    assert result.sent.headers["x-pointsman-model"] == FIRST
    assert result.headers["x-pointsman-pinned"] == "true"


async def test_another_format_is_translated_there_and_back(envoy):
    said = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "other", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "hi"}], "usage": {"input_tokens": 3, "output_tokens": 2},
    }  # fmt: skip
    async with envoy(models=(OTHER,)) as served:
        result = await served.send(CHAT, chat(), JSON, lambda _: Says((json.dumps(said).encode(),), headers=JSON))
    assert result.sent.headers[":path"] == "/v1/messages"
    assert result.sent.headers["x-api-key"] == "our-key-three"
    assert json.loads(result.sent.body)["messages"][0]["role"] == "user"
    assert json.loads(result.body)["choices"][0]["message"]["content"] == "hi"
    assert "content-length" not in result.headers


async def test_a_candidate_that_cannot_be_asked_is_passed_over_and_the_answer_says_so(envoy):
    async with envoy(models=("groq/keyless", SECOND)) as served:
        result = await served.send(CHAT, chat(), {**JSON, "x-session-id": "s"}, answers)
        assert result.sent.headers["x-pointsman-model"] == SECOND
        assert "groq/keyless was passed over" in result.headers["x-pointsman-warnings"]
        again = await served.send(DECISION, chat(HELLO), {**JSON, "x-session-id": "s"})
    assert json.loads(again.body)["model"] == SECOND, "the pin follows what served"


async def test_no_candidate_is_a_refusal_in_the_callers_format(envoy):
    async with envoy(models=("groq/keyless",)) as served:
        result = await served.send(MESSAGES, chat(max_tokens=9), JSON)
    assert (result.sent, result.status) == (None, 401)
    error = json.loads(result.body)
    assert error["type"] == "error"
    assert "GROQ_KEY" in error["error"]["message"]


async def test_an_error_passes_and_is_asked_about_no_second_time(envoy, log_lines):
    error = {"error": {"message": "slow down", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
    async with envoy() as served:
        result = await served.send(CHAT, chat(), JSON, fails(429, json.dumps(error).encode()))
        await asyncio.sleep(0)
    assert (result.status, json.loads(result.body)) == (429, error)
    [line] = [line for line in log_lines if line["event"] == "request"]
    assert (line["status"], line["attempts"], line["model"]) == (429, 1, FIRST)


async def test_a_model_that_asked_for_a_rest_is_left_out(envoy):
    async with envoy() as served:
        await served.send(CHAT, chat(), JSON, fails(429, **{"retry-after": "60"}))
        result = await served.send(CHAT, chat(), JSON, answers)
    assert result.sent.headers["x-pointsman-model"] == SECOND


async def test_the_record_tells_who_served_and_what_it_cost(envoy, log_lines):
    async with envoy() as served:
        await served.send(CHAT, chat(), {**JSON, "x-forwarded-for": "9.9.9.9, 1.2.3.4"}, answers)
        await asyncio.sleep(0)
    [line] = [line for line in log_lines if line["event"] == "request"]
    assert (line["model"], line["input_tokens"], line["output_tokens"]) == (FIRST, 3, 2)
    assert line["client"] == "1.2.3.4"


async def test_the_models_are_listed(envoy):
    async with envoy() as served:
        result = await served.send("/v1/models", method="GET")
    assert FIRST in [each["id"] for each in json.loads(result.body)["data"]]


async def test_an_operation_goes_to_the_provider_of_its_model(envoy, log_lines):
    said = b'{"data": [], "usage": {"prompt_tokens": 7, "total_tokens": 7}}'
    async with envoy() as served:
        body = b'{"model": "openai/second", "input": "x"}'
        result = await served.send("/v1/embeddings", body, JSON, lambda _: Says((said,), headers=JSON))
        assert json.loads(result.sent.body)["model"] == "second"
        assert result.sent.headers[":path"] == "/v1/embeddings"
        assert result.sent.headers["authorization"] == "Bearer our-key-two"
        assert result.body == said
        [line] = [line for line in log_lines if line["event"] == "request"]
        assert (line["input_tokens"], line["output_tokens"]) == (7, 0)
        failed = await served.send("/v1/embeddings", body, JSON, fails(500, b"<html>", **{"content-type": "text/html"}))
        assert failed.status == 500
        assert "error" in json.loads(failed.body)


async def test_tokens_are_estimated_where_the_provider_does_not_count_them(envoy):
    async with envoy() as served:
        body = json.dumps({"model": FIRST, "messages": [{"role": "user", "content": HELLO}]}).encode()
        result = await served.send("/v1/messages/count_tokens", body, JSON)
    assert (result.sent, result.status) == (None, 200)
    assert "estimate" in result.headers["x-pointsman-warnings"]


async def test_an_operation_that_is_not_known_is_refused(envoy):
    async with envoy() as served:
        result = await served.send("/v1/secret", b"{}", JSON)
    assert (result.sent, result.status) == (None, 404)


async def test_a_chain_without_routing_answers_no_decision(envoy):
    async with envoy(filters="[tracing, format_detection]") as served:
        result = await served.send(DECISION, chat(), JSON)
        assert (result.status, result.sent) == (404, None)
        result = await served.send(CHAT, chat(model=SECOND), JSON, answers)
    assert result.sent.headers["x-pointsman-model"] == SECOND
