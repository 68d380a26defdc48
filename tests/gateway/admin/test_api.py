import orjson

from gateway.admin.api import error_answer, json_answer


def test_an_answer_is_json_that_nobody_keeps():
    answer = json_answer({"a": 1}, 202)
    assert (answer.status, answer.content_type, answer.headers["Cache-Control"]) == (
        202,
        "application/json",
        "no-store",
    )
    assert orjson.loads(answer.body) == {"a": 1}


def test_an_error_has_one_shape():
    answer = error_answer(404, "why")
    assert (answer.status, orjson.loads(answer.body)) == (404, {"error": {"status": 404, "message": "why"}})
