from dataclasses import replace

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind, StatusCode

from filters.record import Attempt
from filters.tracing.ids import attempt_span_id, decision_span_id
from gateway.telemetry.traces.spans import SpanMaker
from tests.support.records import BARE, PROXIED, TRACE

RECORD = replace(
    PROXIED,
    decided=(0.01, 0.02),
    attempts=(
        Attempt("openai/gpt", "refused", None, 0.1, started=0.1),
        Attempt("openai/gpt", "status", 503, 0.2, started=0.3),
        Attempt("anthropic/claude", "ok", 200, 0.3, started=0.5),
    ),
)


def spans(record, **static):
    return list(SpanMaker(Resource.create({"service.name": "x"}), static).of(record))


def seconds(span):
    at = RECORD.at
    return pytest.approx(span.start_time / 1e9 - at, abs=1e-3), pytest.approx(span.end_time / 1e9 - at, abs=1e-3)


def test_a_request_is_a_server_span_with_its_decision_and_its_attempts_below():
    server, decision, *attempts = spans(RECORD)
    assert [span.name for span in (server, decision, *attempts)] == [
        "POST /v1/chat/completions",
        "decision",
        "chat gpt",
        "chat gpt",
        "chat claude",
    ]
    assert [span.kind for span in (server, decision, attempts[0])] == [
        SpanKind.SERVER,
        SpanKind.INTERNAL,
        SpanKind.CLIENT,
    ]
    assert {f"{span.context.trace_id:032x}" for span in (server, decision, *attempts)} == {TRACE.trace_id}
    assert f"{server.context.span_id:016x}" == TRACE.span_id
    assert {f"{span.parent.span_id:016x}" for span in (decision, *attempts)} == {TRACE.span_id}
    assert f"{decision.context.span_id:016x}" == decision_span_id(TRACE)
    assert [f"{span.context.span_id:016x}" for span in attempts] == [attempt_span_id(TRACE, at) for at in (1, 2, 3)]


def test_each_lasts_as_long_as_it_took_and_what_served_until_the_answer_ends():
    server, decision, first, second, served = spans(RECORD)
    assert seconds(server) == (0, 2.0)
    assert seconds(decision) == (0.01, 0.02)
    assert (seconds(first), seconds(second)) == ((0.1, 0.2), (0.3, 0.5))
    assert seconds(served) == (0.5, 2.0)


def test_an_attempt_is_told_in_the_words_of_the_conventions():
    *_, first, second, served = spans(RECORD)
    assert dict(served.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude",
        "http.response.status_code": 200,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 21,
        "gen_ai.usage.cache_read.input_tokens": 10,
    }
    assert (first.attributes["error.type"], second.attributes["error.type"]) == ("refused", "503")
    assert "gen_ai.usage.input_tokens" not in second.attributes
    assert [span.status.status_code for span in (first, served)] == [StatusCode.ERROR, StatusCode.UNSET]


def test_the_request_and_its_decision_tell_names_and_numbers():
    server, decision, *_ = spans(RECORD)
    assert server.attributes["http.request.method"] == "POST"
    assert server.attributes["pointsman.caller"] == "team-a"
    assert server.attributes["pointsman.fallback"] is True
    assert server.attributes["client.address"] == "192.0.2.1"
    assert decision.attributes["pointsman.route"] == "code"
    assert decision.attributes["pointsman.score"] == 0.9
    assert decision.attributes["pointsman.elapsed_us.embedded"] == 150


def test_reasons_in_words_stay_out():
    record = replace(RECORD, reason="words about the request", warnings=("words",))
    assert "words" not in str([dict(span.attributes) for span in spans(record)])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"status": 400, "error": "invalid_request_error"}, "invalid_request_error"),
        ({"broken": "idle_timeout"}, "idle_timeout"),
        ({"status": 502}, "502"),
    ],
)
def test_a_request_that_failed_says_how(change, error):
    server, *_ = spans(replace(RECORD, **change))
    assert (server.attributes["error.type"], server.status.status_code) == (error, StatusCode.ERROR)


def test_an_answer_that_broke_off_is_the_failure_of_what_served():
    *_, served = spans(replace(RECORD, broken="idle_timeout"))
    assert served.attributes["error.type"] == "idle_timeout"


def test_the_callers_span_is_the_parent_and_its_state_is_kept():
    trace = TRACE._replace(parent_id="00f067aa0ba902b7", tracestate="vendor=1")
    server, *_ = spans(replace(RECORD, trace=trace))
    assert (f"{server.parent.span_id:016x}", server.parent.is_remote) == ("00f067aa0ba902b7", True)
    assert server.context.trace_state.to_header() == "vendor=1"


def test_static_attributes_are_on_every_span_and_those_of_filters_on_the_first():
    server, decision, *_ = spans(replace(RECORD, attributes={"guard": "passed"}), env="prod")
    assert server.attributes["guard"] == "passed"
    assert (server.attributes["env"], decision.attributes["env"]) == ("prod", "prod")


def test_a_request_without_a_trace_has_no_spans():
    assert spans(BARE) == []


def test_one_that_came_to_nothing_is_one_span():
    assert [span.name for span in spans(replace(BARE, trace=TRACE))] == ["POST /v1/messages"]
