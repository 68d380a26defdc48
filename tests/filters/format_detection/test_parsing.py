import contextlib

import orjson
import pytest

from filters.errors import DownstreamError
from filters.format_detection.limits import BodyLimits
from filters.format_detection.parsing import parse_object
from tests.support.costs import took as cost

LIMITS = BodyLimits()
LARGE = 300_000


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"[]", "an array"),
        (b'"x"', "a string"),
        (b"1", "a number"),
        (b"true", "a boolean"),
        (b"null", "null"),
        (b"{", "not JSON"),
        (b'{"secret": NaN}', "not JSON"),
        (b'{"a": "\xff"}', "not JSON"),
        (b'{"a": "\\ud83d", "b": "\\q"}', "not JSON"),
        ('{"a": 1}'.encode("utf-16"), "not JSON"),
    ],
)
def test_what_is_no_json_object_is_told_what_it_is(body, says):
    with pytest.raises(DownstreamError, match=says) as caught:
        parse_object(body, LIMITS)
    assert caught.value.status == 400
    assert "secret" not in caught.value.message


def test_half_an_emoji_is_replaced_and_does_not_fail_the_request():
    lone_high, lone_low, pair, literal = rb"\ud83d", rb"\ude00", rb"\ud83d\ude00", rb"\\ud83d"
    body = b'{"a": "%b", "b": "%b", "c": "%b", "d": "%b"}' % (lone_high, lone_low, pair, literal)
    parsed, parsed_from = parse_object(body, LIMITS)
    assert parsed == {"a": "\ufffd", "b": "\ufffd", "c": "\U0001f600", "d": "\\ud83d"}
    assert orjson.loads(parsed_from) == parsed


def test_what_parses_as_it_is_stays_as_it_is():
    body = b'{"a": 1.0, "b": "\\ud83d\\ude00"}'
    assert parse_object(body, LIMITS)[1] is body


def nested(depth, padding=0):
    return b'{"pad": "%b", "a": %b%b}' % (b"x" * padding, b"[" * (depth - 1), b"]" * (depth - 1))


@pytest.mark.parametrize("padding", [0, LARGE])
def test_nesting_is_limited_in_small_bodies_and_in_large_ones(padding):
    parse_object(nested(LIMITS.max_depth, padding), LIMITS)
    for depth in (LIMITS.max_depth + 1, 254, 255, 1024, 1025, 5000):
        with pytest.raises(DownstreamError, match="more than 128 deep") as caught:
            parse_object(nested(depth, padding), LIMITS)
        assert caught.value.status == 400


def test_many_objects_beside_one_another_are_not_deep():
    body = orjson.dumps({"a": [{"b": [1]}] * 1000})
    assert parse_object(body, LIMITS)[1] is body


@pytest.mark.parametrize(
    ("item", "count", "says"), [(b"[]", 101, "objects and arrays"), (b"0", 1001, "values"), (b'{"":0}', 101, "objects")]
)
def test_values_are_limited_before_anything_is_made_of_them(item, count, says):
    limits = BodyLimits(max_containers=100, max_values=1000)
    with pytest.raises(DownstreamError, match=says) as caught:
        parse_object(b'{"a": [' + b",".join([item] * count) + b"]}", limits)
    assert caught.value.status == 413


@pytest.mark.parametrize("padding", [0, LARGE])
def test_what_only_looks_like_values_since_it_is_text_is_let_through(padding):
    limits = BodyLimits(max_containers=100, max_values=1000)
    body = orjson.dumps({"a": "[{,}]" * 2000, "b": "x" * padding})
    assert parse_object(body, limits)[1] is body


def took(body):
    def parse():
        with contextlib.suppress(DownstreamError):
            parse_object(body, LIMITS)

    return cost(parse)


@pytest.mark.parametrize(
    "hostile",
    [b"[]," * 1_000_000, b'{"":0},' * 450_000, b'"' + b"\\" * 3_000_000, b'"\\ud83d' * 400_000, b"[" * 3_000_000],
)
def test_a_hostile_body_costs_no_more_than_twenty_times_what_text_of_its_size_costs(hostile):
    text = took(b'{"a": "' + b"Lorem ipsum, [dolor] sit. " * 120_000 + b'"}')
    assert took(b'{"a": [' + hostile) < 20 * text + 0.01


def beside(letter, chars=1000):
    return f'{{"a": "{"x" * chars}{letter}"}}'.encode()


def test_text_that_grows_in_memory_is_limited_and_plain_text_is_not():
    limits = BodyLimits(max_growth=1000)
    parse_object(beside("\u00e9"), limits)
    parse_object(beside("\u4e2d", 900), limits)
    parse_object(b'{"a": "%b", "b": "\xf0\x9f\x98\x80"}' % (b"x" * 5000), limits)
    for letter in ("\U0001f600", "\\ud83d\\ude00", "\u4e2d" * 2):
        with pytest.raises(DownstreamError, match=r"bytes more in memory .*; the most is 1000\.") as caught:
            parse_object(beside(letter, 1100), limits)
        assert caught.value.status == 413


def test_a_large_body_is_read_in_pieces_and_is_the_same_object():
    value = {"a": ["\u00e9" * 600_000, {"b": list(range(40_000))}], "c": "\U0001f600" * 300_000}
    body = orjson.dumps(value)
    assert parse_object(body, LIMITS) == (value, body)


def test_half_an_emoji_in_a_large_body_is_replaced():
    body = b'{"a": "%b", "b": "\\ud83d"}' % (b"x" * 1_500_000)
    assert parse_object(body, LIMITS)[0]["b"] == "\ufffd"


def test_an_error_in_a_large_body_says_where_it_is():
    body = b'{"a": "%b", "b": "%b", c: 1}' % (b"x" * 1_500_000, b"y" * 300_000)
    with pytest.raises(DownstreamError, match=f"char {body.index(b'c: 1')}") as caught:
        parse_object(body, LIMITS)
    assert caught.value.status == 400
