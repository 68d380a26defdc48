import pytest

from filters.errors import DownstreamError
from filters.formats.openai_chat import fields

READERS = [
    (fields.string, "x", 3),
    (fields.boolean, False, 0),
    (fields.number, 0.5, "0.5"),
    (fields.number, 2, True),
    (fields.integer, 2, 2.5),
    (fields.integer, 2, True),
    (fields.obj, {"a": 1}, []),
    (fields.objects, [{"a": 1}], [1]),
    (fields.objects, [], {}),
]


@pytest.mark.parametrize(("read", "good", "bad"), READERS)
def test_a_field_is_read_or_refused_by_its_path(read, good, bad):
    assert read({"f": good}, "f") == good
    with pytest.raises(DownstreamError) as caught:
        read({"f": bad}, "f", "messages[2].")
    assert (caught.value.status, caught.value.param) == (400, "messages[2].f")


@pytest.mark.parametrize(("read", "_good", "_bad"), READERS)
def test_null_is_as_good_as_absent(read, _good, _bad):
    assert not read({}, "f")
    assert read({}, "f") == read({"f": None}, "f")


@pytest.mark.parametrize("value", [None, "", 3])
def test_a_required_string_must_say_something(value):
    with pytest.raises(DownstreamError) as caught:
        fields.required({"f": value}, "f", "a.")
    assert caught.value.param == "a.f"
    assert fields.required({"f": "x"}, "f") == "x"


def test_a_refusal_says_why():
    error = fields.refused("n", "ask for one")
    assert (error.status, error.param, error.code) == (400, "n", "unsupported_parameter")
    assert "ask for one" in error.message
