"""Reading fields, strictly and leniently."""

import pytest

from filters.errors import DownstreamError
from filters.formats.canonical.fields import (
    cannot_carry,
    count_of,
    filled,
    number,
    object_of,
    objects,
    objects_at,
    objects_of,
    optional,
    refuse,
    required,
    schema_at,
    text_of,
)


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        (str, 1, "a string"),
        (int, True, "an integer"),
        (int, 2.5, "an integer"),
        (bool, 1, "true or false"),
        (dict, [], "an object"),
        (list, {}, "a list"),
    ],
)
def test_a_field_of_another_type_is_refused_by_its_path(kind, value, says):
    with pytest.raises(DownstreamError, match=rf"`tools\[0\]\.x` must be {says}") as refused:
        optional({"x": value}, "x", kind, "tools[0].")
    assert (refused.value.status, refused.value.param) == (400, "tools[0].x")


@pytest.mark.parametrize(("kind", "value"), [(str, ""), (int, 0), (bool, False), (dict, {}), (list, [])])
def test_a_field_is_returned_as_it_is_and_null_is_as_good_as_absent(kind, value):
    assert optional({"x": value}, "x", kind) == value
    assert optional({"x": None}, "x", kind) is None
    assert optional({}, "x", kind) is None


def test_a_schema_is_an_object_or_the_list_that_php_makes_of_an_empty_one():
    schema = {"type": "object"}
    given = [schema_at({"a": value}, "a", "tools[0].") for value in (schema, {}, [], None)]
    assert given == [schema, {}, {}, None]
    for wrong in ("x", [schema], 0):
        with pytest.raises(DownstreamError) as caught:
            schema_at({"a": wrong}, "a", "tools[0].")
        assert caught.value.message == "`tools[0].a` must be an object"


def test_a_field_that_must_be_there_is_missed():
    with pytest.raises(DownstreamError, match="`x` is required: a list"):
        required({}, "x", list)
    assert required({"x": [1]}, "x", list) == [1]
    assert required({"x": ""}, "x", str) == ""


@pytest.mark.parametrize("value", [None, "", 3])
def test_a_name_must_say_something(value):
    with pytest.raises(DownstreamError) as caught:
        filled({"f": value}, "f", "a.")
    assert caught.value.param == "a.f"
    assert filled({"f": "x"}, "f") == "x"


@pytest.mark.parametrize("value", [0, 0.5, None])
def test_a_number_stays_as_it_was_written(value):
    found = number({"x": value}, "x")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("value", ["1", True, []])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(DownstreamError, match="`x` must be a number"):
        number({"x": value}, "x")


def test_a_list_of_other_things_than_objects_is_refused_by_the_first_of_them():
    assert objects([{}], "x") == [{}]
    with pytest.raises(DownstreamError, match=r"`x\[1\]` must be an object"):
        objects([{}, 1], "x")
    assert objects_at({"x": [{"a": 1}]}, "x") == [{"a": 1}]
    assert objects_at({"x": None}, "x") == []
    with pytest.raises(DownstreamError, match=r"`m\.x\[0\]` must be an object"):
        objects_at({"x": [1]}, "x", "m.")


def test_a_refusal_names_the_field_and_says_why():
    with pytest.raises(DownstreamError, match="`stop` must be a string") as wrong:
        refuse("stop", "must be a string")
    assert (wrong.value.status, wrong.value.param, wrong.value.code) == (400, "stop", None)
    with pytest.raises(DownstreamError, match=r"`n` cannot be carried .*: ask for one") as lost:
        cannot_carry("n", "ask for one")
    assert (lost.value.status, lost.value.param, lost.value.code) == (400, "n", "unsupported_parameter")


def test_what_a_provider_got_wrong_reads_as_nothing():
    wrong = {"text": 1, "object": [], "list": {}, "mixed": [1, {"a": 1}], "count": "5"}
    assert text_of(wrong, "text") == ""
    assert object_of(wrong, "object") == {}
    assert objects_of(wrong, "list") == []
    assert objects_of(wrong, "mixed") == [{"a": 1}]
    assert count_of(wrong, "count") is None
    assert count_of({"count": True}, "count") is None
    assert [count_of({"count": count}, "count") for count in (-1, 0.5, 1e300, float("inf"), float("nan"))] == [None] * 5
    assert [count_of({"count": count}, "count") for count in (0, 7, 3.0, 2**53 - 1)] == [0, 7, 3, 2**53 - 1]
    assert count_of({"count": 2**53}, "count") is None, "what it is added to must fit into 64 bits"
