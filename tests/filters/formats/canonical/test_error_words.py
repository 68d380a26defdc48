import orjson
import pytest

from filters.formats.canonical.error_words import error_object, message_of, own_status, parsed_error, says_failure


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no"}},
        [{"error": {"message": "no", "status": "X"}}],
        {"error": "no"},
        {"message": "no"},
        {"detail": "no"},
        {"detail": [{"msg": "no", "loc": []}]},
        {"errors": [{"message": "no"}]},
        {"base_resp": {"status_code": 1008, "status_msg": "no"}},
        {"error_msg": "no", "error_code": 17},
        {"code": 3, "msg": "no"},
        {"error": {"error": {"message": "no"}}},
        {"fault": {"description": "no"}},
        "no",
    ],
)
def test_a_message_is_found_in_any_shape(body):
    assert message_of(error_object(body)) == "no"


def test_a_body_is_json_a_stream_s_first_event_or_plain_text():
    assert parsed_error(b'{"a": 1}') == {"a": 1}
    assert parsed_error(b'data: {"a": 1}\n\n') == {"a": 1}
    assert parsed_error(b'event: error\ndata: {"a": 1}\n\n') == {"a": 1}
    assert parsed_error(b" upstream is down ") == "upstream is down"
    assert parsed_error(b"<html>secret</html>") is None
    assert len(parsed_error(b"x" * 9999)) == 4000


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": 429}, 429),
        ({"code": "404"}, 404),
        ({"status": 503}, 503),
        ({"status_code": 1008}, 402),
        ({"status_code": 1002}, 429),
        ({"code": "rate_limit"}, None),
        ({"code": 17, "status": True}, None),
    ],
)
def test_an_error_may_tell_its_status_by_itself(error, status):
    assert own_status(error) == status


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        ({"error": {}}, False),
        ({"error": {"message": "x"}}, True),
        ({"object": "error", "message": "x"}, True),
        ({"type": "error"}, True),
        ({"success": False}, True),
        ({"base_resp": {"status_code": 1008}}, True),
        ({"base_resp": {"status_code": 0}, "choices": [{}]}, False),
        ({"choices": []}, False),
    ],
)
def test_a_failure_is_told_from_an_answer(body, failed):
    assert says_failure(orjson.loads(orjson.dumps(body))) is failed
