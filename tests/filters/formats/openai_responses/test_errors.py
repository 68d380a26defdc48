"""Errors of a Responses provider, and to a Responses client."""

import orjson
import pytest

from filters.formats.canonical.events import Failure
from filters.formats.openai_responses.errors import (
    decode_error,
    encode_error,
    error_event,
    error_status,
    failed_error,
    is_error,
    read_stream_error,
)


def test_an_error_answer_survives_both_ways():
    error = {"message": "no such model", "type": "not_found_error", "param": "model", "code": "model_not_found"}
    failure = decode_error(404, orjson.dumps({"error": error}))
    assert (failure.status, failure.message, failure.code) == (404, "no such model", "model_not_found")
    assert encode_error(failure) == {"error": error}


def test_an_error_event_is_both_as_documented_and_as_the_sdk_expects_it():
    event = error_event(Failure(429, "slow down", "rate_limit_error", code="rate_limit_exceeded"))
    assert event["message"] == event["error"]["message"] == "slow down"
    assert event["code"] == event["error"]["code"] == "rate_limit_exceeded"
    assert event["error"]["type"] == "rate_limit_error"


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Failure(429, "x"), "rate_limit_exceeded"),
        (Failure(400, "x", code="made_up"), "invalid_prompt"),
        (Failure(400, "x", code="context_length_exceeded"), "context_length_exceeded"),
        (Failure(529, "x", "overloaded_error"), "server_error"),
        (Failure(502, "x"), "server_error"),
    ],
)
def test_a_failed_response_says_why_in_a_code_that_clients_know(failure, code):
    assert failed_error(failure) == {"code": code, "message": "x"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": "rate_limit_exceeded", "message": "x"}, 429),
        ({"code": "server_is_overloaded", "message": "x"}, 503),
        ({"code": "slow_down", "message": "x"}, 503),
        ({"type": "invalid_request_error", "message": "x"}, 400),
        ({"code": "server_error", "message": "x"}, 500),
        (None, 500),
    ],
)
def test_an_error_in_a_stream_tells_its_status_by_its_words(error, status):
    assert read_stream_error(error).status == status


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Failure(503, "", kind="overloaded_error"), 503),
        (Failure(529, "", kind="overloaded_error"), 503),
        (Failure(429, ""), 429),
        (Failure(503, ""), 503),
    ],
)
def test_an_overload_has_the_status_of_the_vendor(failure, status):
    assert error_status(failure) == status


def test_an_error_that_came_as_an_answer_is_known():
    assert not is_error({"object": "response", "status": "completed", "error": None})
    assert all(
        is_error(body)
        for body in [{"object": "response", "status": "failed"}, {"error": {"message": "no"}}, {"type": "error"}]
    )
