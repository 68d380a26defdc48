import pytest

from filters.errors import DownstreamError
from filters.format_detection.limits import BodyLimits
from gateway.upstream.asked import read_asked as reading

LIMITS = BodyLimits()
FORM = "multipart/form-data; boundary=b"
BODY = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nopenai/w\r\n--b--\r\n'


def read_asked(raw, content_type):
    return reading(raw, content_type, LIMITS)


def test_json_names_its_model_whatever_its_type():
    raw = b'{"x": 1.50, "model":"openai/e", "routing_preferences": []}'
    asked = read_asked(raw, "text/plain")
    assert (asked.model, asked.content_type) == ("openai/e", "application/json")
    assert asked.for_model("e") == b'{"x": 1.50, "model":"e"}'


def test_a_form_names_its_model_and_keeps_its_type():
    asked = read_asked(BODY, FORM)
    assert (asked.model, asked.content_type) == ("openai/w", FORM)
    assert asked.for_model("w") == BODY.replace(b"openai/w", b"w")


@pytest.mark.parametrize(
    ("raw", "content_type", "told"),
    [
        (b"", "application/json", ""),
        (b"\xff\x00", "audio/wav", "audio/wav"),
        (b"[]", "text/json", "text/json"),
        (b'{"model": 7}', "", "application/json"),
        (b"--b--\r\n", FORM, FORM),
    ],
)
def test_what_names_none_passes_as_it_is(raw, content_type, told):
    asked = read_asked(raw, content_type)
    assert (asked.model, asked.content_type, asked.for_model("m")) == (None, told, raw)


def test_json_that_is_over_the_limits_is_refused_and_not_passed():
    with pytest.raises(DownstreamError) as caught:
        reading(b'{"x": [1, 2, 3]}', "application/json", BodyLimits(max_values=2))
    assert caught.value.status == 413


def test_a_field_of_ours_that_a_body_does_not_have_is_not_missed():
    assert read_asked(b'{"model": "a/e"}', "").for_model("e") == b'{"model": "e"}'


@pytest.mark.parametrize(
    ("raw", "content_type", "told"),
    [
        (b'{"model": ', "application/json; charset=utf-8", "The body is not JSON"),
        (b"[]", "text/json", "The body is an array"),
        (b'{"model": "a/b"}', "application/json", None),
        (b'{"model": 7}', "application/json", None),
        (b"\xff\x00", "audio/wav", None),
        (b"{", "", None),
    ],
)
def test_what_calls_itself_json_and_is_none_is_known_to_be_wrong(raw, content_type, told):
    wrong = read_asked(raw, content_type).wrong
    assert (wrong is None) if told is None else wrong.message.startswith(told)
