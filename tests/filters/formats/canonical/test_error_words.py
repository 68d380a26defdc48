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


@pytest.mark.parametrize(
    "name",
    [
        "message", "detail", "msg", "error_msg", "error_message", "errorMessage", "status_msg", "error_description",
        "reason", "description", "title",
    ],
)  # fmt: skip
def test_every_name_that_a_message_has_is_known(name):
    assert message_of({name: "no"}) == "no"
    assert message_of({name: ""}) is None
    assert message_of({name: 3}) is None


@pytest.mark.parametrize("name", ["error", "base_resp", "errors", "detail", "fault", "exception"])
def test_every_name_of_what_holds_an_error_is_known(name):
    assert error_object({name: {"message": "no"}, "message": "outside"}) == {"message": "no"}
    assert error_object({name: [], "message": "outside"})["message"] == "outside"


def test_of_several_messages_the_first_name_counts_and_it_is_cut():
    assert message_of({"title": "t", "msg": "m", "message": "x" * 5000}) == "x" * 4000
    assert message_of({"title": "t", "detail": "d"}) == "d"


@pytest.mark.parametrize(("depth", "found"), [(1, True), (3, True), (4, True), (9, False)])
def test_an_error_is_looked_for_some_levels_deep_and_no_deeper(depth, found):
    body = {"message": "no"}
    for _ in range(depth):
        body = {"error": body}
    assert (message_of(error_object(body)) == "no") is found


@pytest.mark.parametrize("body", [None, 3, [], [[]], [3], {}, {"error": None}, {"error": 3}, {"error": ""}])
def test_what_says_nothing_has_no_message(body):
    assert message_of(error_object(body)) is None


@pytest.mark.parametrize(
    ("code", "status"),
    [(1002, 429), (1004, 401), (1008, 402), (1026, 400), (1027, 400), (1039, 400), (2013, 400), (1000, None)],
)
def test_minimaxs_numbers_are_known(code, status):
    assert own_status({"status_code": code}) == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": 400}, 400), ({"code": 599}, 599), ({"code": 399}, None), ({"code": 600}, None),
        ({"code": True}, None),
        ({"code": "0429"}, None), ({"code": "4xx"}, None), ({"code": 429.0}, None), ({"status_code": 503}, 503),
        ({"code": "x", "status": "503"}, 503), ({"code": 404, "status": 503}, 404), ({}, None),
    ],
)  # fmt: skip
def test_a_status_is_one_of_an_error_and_the_code_counts_first(error, status):
    assert own_status(error) == status


def test_the_first_event_of_a_stream_counts_and_a_page_says_nothing():
    assert parsed_error(b'data: {"a": 1}\n\ndata: {"a": 2}\n\n') == {"a": 1}
    assert parsed_error(b"data: ") == "data:"
    assert parsed_error(b"") == ""
    assert parsed_error("schön".encode("latin-1")) == "schn"
    assert parsed_error(b"  <!DOCTYPE html>") is None
