"""Reading fields, strictly and leniently."""

import pytest

from filters.errors import DownstreamError
from filters.formats.openai_responses.fields import (
    count_of,
    number,
    object_of,
    objects,
    objects_of,
    optional,
    required,
    text_of,
)


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [(str, 1, "a string"), (int, True, "an integer"), (bool, 1, "true or false"), (dict, [], "an object")],
)
def test_a_field_of_another_type_is_refused_by_its_name(kind, value, says):
    with pytest.raises(DownstreamError, match=rf"`tools\[0\]\.x` must be {says}") as refused:
        optional({"x": value}, "x", kind, "tools[0].")
    assert refused.value.param == "tools[0].x"
    assert optional({"x": None}, "x", kind) is None
    assert optional({}, "x", kind) is None


def test_a_field_that_must_be_there_is_missed():
    with pytest.raises(DownstreamError, match="`x` must be a list"):
        required({}, "x", list)
    assert required({"x": [1]}, "x", list) == [1]


@pytest.mark.parametrize("value", [0, 0.5, None])
def test_a_number_stays_as_it_was_written(value):
    found = number({"x": value}, "x")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("value", ["1", True, []])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(DownstreamError, match="`x` must be a number"):
        number({"x": value}, "x")


def test_a_list_of_other_things_than_objects_is_refused():
    assert objects([{}], "x") == [{}]
    with pytest.raises(DownstreamError, match=r"`x\[1\]` must be an object"):
        objects([{}, 1], "x")


def test_what_a_provider_got_wrong_reads_as_nothing():
    wrong = {"text": 1, "object": [], "list": {}, "mixed": [1, {"a": 1}], "count": "5"}
    assert text_of(wrong, "text") == ""
    assert object_of(wrong, "object") == {}
    assert objects_of(wrong, "list") == []
    assert objects_of(wrong, "mixed") == [{"a": 1}]
    assert count_of(wrong, "count") is None
    assert count_of({"count": True}, "count") is None
