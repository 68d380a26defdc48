import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.formats.canonical.events import Failure
from filters.formats.openai_chat.errors import (
    decode_error,
    encode_error,
    error_status,
    is_error,
    is_failure,
    read_error,
)

JSON = st.recursive(st.none() | st.booleans() | st.integers(0, 600) | st.text(max_size=5), lambda inner: (
    st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["error", "message", "type", "code", "param", "status", "detail"]), inner)
))  # fmt: skip


def test_an_error_is_written_in_openais_shape():
    failure = Failure(404, "no such model", "not_found_error", "model_not_found", "model")
    assert encode_error(failure) == {
        "error": {"message": "no such model", "type": "not_found_error", "param": "model", "code": "model_not_found"}
    }


@pytest.mark.parametrize(
    ("failure", "kind", "code"),
    [
        (Failure(400, "x"), "invalid_request_error", None),
        (Failure(401, "x"), "authentication_error", None),
        (Failure(413, "x"), "invalid_request_error", "request_too_large"),
        (Failure(429, "x", code="insufficient_quota"), "rate_limit_error", "insufficient_quota"),
        (Failure(418, "x"), "invalid_request_error", None),
        (Failure(500, "x"), "server_error", None),
        (Failure(502, "x", "api_error"), "server_error", None),
        (Failure(529, "x", "overloaded_error"), "server_error", "overloaded"),
    ],
)
def test_types_are_openais_words(failure, kind, code):
    error = encode_error(failure)["error"]
    assert (error["type"], error["code"]) == (kind, code)


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (
            429,
            {"error": {"message": "slow down", "type": "requests", "param": None, "code": "rate_limit_exceeded"}},
            Failure(429, "slow down", "rate_limit_error", "rate_limit_exceeded"),
        ),
        (
            400,
            {"error": {"message": "too long", "type": "x", "param": "messages", "code": "context_length_exceeded"}},
            Failure(400, "too long", "invalid_request_error", "context_length_exceeded", "messages"),
        ),
        (404, {"error": "model not found"}, Failure(404, "model not found", "not_found_error")),  # Ollama
        (400, [{"error": {"code": 400, "message": "bad"}}], Failure(400, "bad", "invalid_request_error")),  # Gemini
        (400, {"object": "error", "message": "bad", "code": 400}, Failure(400, "bad", "invalid_request_error")),  # vLLM
        (422, {"detail": "unprocessable"}, Failure(422, "unprocessable", "invalid_request_error")),  # FastAPI
        (503, {"error": {"message": "busy"}}, Failure(503, "busy", "overloaded_error")),
    ],
)
def test_errors_are_read_in_many_shapes(status, body, failure):
    assert decode_error(status, orjson.dumps(body)) == failure


def test_a_plain_text_error_is_told_as_it_is():
    assert decode_error(503, b"upstream connect error\n").message == "upstream connect error"


@pytest.mark.parametrize("rest", [b"", b"data: [DONE]\n\n"])
def test_an_error_that_comes_as_an_event_is_read(rest):
    body = b'data: {"error": {"message": "stream failed", "code": "500"}}\n\n' + rest
    assert decode_error(500, body) == Failure(500, "stream failed", "api_error", "500")


@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b"{}", b"[]", b"3", b'{"error": {}}', b"\xff\xfe"])
def test_an_error_without_a_message_is_told_by_its_status(body):
    failure = decode_error(502, body)
    assert (failure.status, failure.kind) == (502, "api_error")
    assert "502" in failure.message


def test_a_long_text_is_cut():
    assert len(decode_error(500, b"x" * 100_000).message) <= 4000


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"message": "x", "type": "overloaded_error"}, 503),
        ({"message": "x", "type": "server_error", "code": "server_is_overloaded"}, 503),
        ({"message": "x", "code": 429}, 429),
        ({"message": "x", "code": "429"}, 429),
        ({"message": "x", "code": "rate_limit_exceeded"}, 429),
        ({"message": "x", "type": "server_error", "code": "odd"}, 500),
        ({"message": "x", "type": "invalid_request_error"}, 400),
        ({"message": "x", "code": 7}, 500),
        ("it broke", 500),
    ],
)
def test_in_a_stream_the_words_tell_the_status(error, status):
    assert read_error(error).status == status


@given(JSON, st.integers(400, 599))
def test_any_json_is_some_failure(value, status):
    failure = decode_error(status, orjson.dumps(value))
    assert failure.status == status
    assert failure.message
    assert encode_error(failure)["error"]["message"]
    assert 400 <= read_error(value).status <= 599


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
    assert not is_error({"choices": [], "error": None})
    assert all(is_error(body) for body in [{"error": {"message": "no"}}, {"type": "error"}])


@pytest.mark.parametrize(
    ("kind", "status", "told"),
    [
        ("billing_error", 402, 429),
        ("billing_error", 429, 429),
        ("billing_error", 400, 400),
        ("overloaded_error", 503, 503),
        ("overloaded_error", 529, 503),
        (None, 529, 503),
        ("rate_limit_error", 429, 429),
    ],
)
def test_a_failure_has_the_status_that_openai_gives_it(kind, status, told):
    assert error_status(Failure(status, "no", kind)) == told


@pytest.mark.parametrize(
    ("chunk", "failed"),
    [
        ({"error": {"message": "no"}}, True),
        ({"error": {"message": "no"}, "choices": []}, True),
        ({"message": "no"}, True),
        ({"id": "c", "choices": [], "message": "of the filter"}, False),
        ({"id": "c", "choices": [], "usage": {}}, False),
        ({"choices": [{"delta": {}}], "message": "beside an answer"}, False),
        ({}, False),
    ],
)
def test_an_error_in_a_stream_is_told_from_a_chunk(chunk, failed):
    assert is_failure(chunk) is failed
