import pytest

from filters.formats.anthropic_messages.errors import decode_error, encode_error, error_status, is_error, read_error
from filters.formats.canonical.events import Failure


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (405, "invalid_request_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_the_status_tells_the_type(status, kind):
    body = encode_error(Failure(status, "no"))
    assert body == {"type": "error", "error": {"type": kind, "message": "no"}}


def test_a_type_that_anthropic_knows_is_kept_and_another_is_not():
    assert encode_error(Failure(500, "no", kind="overloaded_error"))["error"]["type"] == "overloaded_error"
    assert encode_error(Failure(429, "no", kind="insufficient_quota"))["error"]["type"] == "rate_limit_error"


def test_an_error_answer_is_read():
    failure = decode_error(429, b'{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}')
    assert failure == Failure(429, "slow down", kind="rate_limit_error")


@pytest.mark.parametrize("status", [400, None])
def test_the_content_filter_is_known_by_its_words(status):
    said = {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"}
    failure = read_error({"type": "error", "error": said}, status)
    assert failure == Failure(400, said["message"], "invalid_request_error", "content_filter")
    assert read_error({"type": "error", "error": {**said, "message": "content filtering"}}, 400).code is None


def test_an_error_of_an_openai_like_server_is_read():
    body = b'{"error":{"message":"too long","type":"BadRequest","param":"messages","code":"context_length_exceeded"}}'
    failure = decode_error(400, body)
    assert failure == Failure(400, "too long", "invalid_request_error", "context_length_exceeded", "messages")


@pytest.mark.parametrize(
    ("body", "message"),
    [(b'{"error":"boom"}', "boom"), (b'{"detail":"gone"}', "gone"), (b'{"message":"denied"}', "denied")],
)
def test_other_shapes_give_their_message(body, message):
    assert decode_error(500, body).message == message


@pytest.mark.parametrize(
    "body", [b"", b"<html>502</html>", b"[]", b"null", b'{"error":7}', b'{"error":{"message":{}}}']
)
def test_a_body_without_an_error_gives_the_status(body):
    failure = decode_error(502, body)
    assert (failure.status, failure.kind) == (502, "api_error")
    assert "502" in failure.message
    assert "html" not in failure.message


def test_a_long_message_is_cut():
    assert len(decode_error(500, b'{"message":"' + b"x" * 9000 + b'"}').message) == 4000


@pytest.mark.parametrize(
    ("kind", "status"), [("overloaded_error", 529), ("invalid_request_error", 400), ("new_error", 502), (["x"], 502)]
)
def test_in_a_stream_the_type_tells_the_status(kind, status):
    assert read_error({"type": "error", "error": {"type": kind, "message": "no"}}).status == status


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Failure(503, "", kind="overloaded_error"), 529),
        (Failure(529, "", kind="overloaded_error"), 529),
        (Failure(429, ""), 429),
        (Failure(503, ""), 503),
    ],
)
def test_an_overload_has_the_status_of_the_vendor(failure, status):
    assert error_status(failure) == status


def test_an_error_that_came_as_an_answer_is_known():
    assert not is_error({"type": "message", "content": []})
    assert all(is_error(body) for body in [{"type": "error"}, {"error": "no"}])


def test_details_on_which_clients_act_are_told():
    told = encode_error(Failure(400, "no", details={"error_visibility": "user_facing"}))
    assert told["error"]["details"] == {"error_visibility": "user_facing"}
    assert "details" not in encode_error(Failure(400, "no"))["error"]


@pytest.mark.parametrize(
    ("kind", "status", "told"),
    [
        ("billing_error", 429, 402),
        ("billing_error", 402, 402),
        ("billing_error", 400, 400),
        ("rate_limit_error", 429, 429),
        ("overloaded_error", 503, 529),
        ("overloaded_error", 500, 500),
        ("api_error", 503, 503),
    ],
)
def test_a_failure_has_the_status_that_anthropic_gives_it(kind, status, told):
    assert error_status(Failure(status, "no", kind)) == told
