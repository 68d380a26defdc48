import orjson
import pytest

from filters.formats.canonical.nesting import MAX_DEPTH, load_json, nests_deeper


def nested(depth):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("make", [str, str.encode])
def test_json_is_read_as_deep_as_it_can_be_written_again_with_more_around_it(make):
    value = load_json(make(nested(MAX_DEPTH)))
    for _ in range(254 - MAX_DEPTH):
        value = {"around": value}
    assert orjson.dumps(value)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 254, 255, 1024, 1025])
@pytest.mark.parametrize("make", [str, str.encode])
def test_what_nests_deeper_is_no_json_here(depth, make):
    with pytest.raises(orjson.JSONDecodeError):
        load_json(make(nested(depth)))


def test_many_values_beside_one_another_are_not_deep():
    text = orjson.dumps([{"a": [1]}] * 500)
    assert load_json(text) == orjson.loads(text)


def test_brackets_in_text_are_none():
    assert load_json(orjson.dumps({"a": "[" * 500})) == {"a": "[" * 500}


def test_the_depth_may_be_given():
    assert nests_deeper([[[]]], 2)
    assert not nests_deeper([[[]]], 3)
