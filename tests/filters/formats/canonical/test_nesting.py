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


@pytest.mark.parametrize("make", [str, str.encode])
def test_half_an_emoji_is_a_replacement_and_a_whole_one_itself(make):
    assert load_json(make('{"a": "x\\ud83d", "b": "\\ud83d\\ude00"}')) == {"a": "x\ufffd", "b": "\U0001f600"}
    assert load_json(make('["\\ude00"]')) == ["\ufffd"]


@pytest.mark.parametrize(
    "text", ['{"a": "\\ud83d"', '["\\ud83d" "x"]', "\udcff", '["\udcff"]', b'["\xff"]', b"\xff", ""]
)
def test_what_is_no_json_besides_is_none(text):
    with pytest.raises(orjson.JSONDecodeError):
        load_json(text)


def test_half_an_emoji_hides_no_depth():
    with pytest.raises(orjson.JSONDecodeError):
        load_json("[" * 200 + '"\\ud83d"' + "]" * 200)
