import json
import random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import windows
from gateway.upstream import rewrite as module
from gateway.upstream.rewrite import rewrite, with_model
from tests.support.costs import assert_linear

REMOVED = ("routing_preferences", "routing_policy")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"model":"a","x":[1,{"model":2}]}', b'{"model":"NEW","x":[1,{"model":2}]}'),
        (b'{ "x" : 1.0 ,\n "model" : "a" }\n', b'{ "x" : 1.0 ,\n "model" : "NEW" }\n'),
        (
            b'{"big":123456789012345678901234567890,"model":null}',
            b'{"big":123456789012345678901234567890,"model":"NEW"}',
        ),
        (b"{}", b'{"model":"NEW"}'),
        (b'{"x":1}', b'{"x":1,"model":"NEW"}'),
        (b'{"model":"a","model":"b"}', b'{"model":"NEW","model":"NEW"}'),
        (b'{"mod\\u0065l":"a"}', b'{"mod\\u0065l":"NEW"}'),
        (b'{"a":"\\"model\\":","model":"b"}', b'{"a":"\\"model\\":","model":"NEW"}'),
        (b'{"routing_preferences":[{"a":"}"}],"model":"z"}', b'{"model":"NEW"}'),
        (b'{"model":"z","routing_policy":null}', b'{"model":"NEW"}'),
        (b'{"model":"z" , "routing_policy":null , "b":1}', b'{"model":"NEW" , "b":1}'),
    ],
)
def test_only_the_named_members_change(before, after):
    assert rewrite(before, {"model": "NEW"}, REMOVED) == after


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from(["model", "messages", *REMOVED]) | st.text(max_size=5)


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.booleans())
def test_whatever_the_body_the_rest_of_it_stays(body, indented):
    raw = orjson.dumps(body, option=orjson.OPT_INDENT_2 if indented else None)
    expected = {key: value for key, value in body.items() if key not in REMOVED} | {"model": "NEW"}
    assert orjson.loads(rewrite(raw, {"model": "NEW"}, REMOVED)) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"x":1,"model" : "a\\"b" ,"y":1.0}', b'{"x":1,"model" : "NEW" ,"y":1.0}'),
        (b'{"model":null}', b'{"model":"NEW"}'),
        (b'{"x":1}', b'{"model":"NEW","x":1}'),
        (b" { }", b' {"model":"NEW" }'),
        (b'{"x":{"model":"a"}}', b'{"model":"NEW","x":{"model":"a"}}'),
        (b'{"x":{"model":"a"},"model":"b"}', b'{"x":{"model":"a"},"model":"NEW"}'),
        (b'{"x":{"model":"a"},"m\\u006Fdel":"b"}', b'{"x":{"model":"a"},"m\\u006Fdel":"NEW"}'),
        (b'{"role":"model","x":"\\u00e9"}', b'{"model":"NEW","role":"model","x":"\\u00e9"}'),
        (b'{"x":"\\"model\\":","model":"b"}', b'{"x":"\\"model\\":","model":"NEW"}'),
    ],
)
def test_a_model_is_replaced_where_it_is_the_requests_own(before, after):
    assert with_model(before, orjson.loads(before), "NEW") == after


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.booleans())
def test_a_model_replaced_in_any_body_leaves_the_rest(body, escaped):
    raw = (json.dumps(body) if escaped else orjson.dumps(body).decode()).encode()
    assert orjson.loads(with_model(raw, body, "NEW")) == {**body, "model": "NEW"}


@pytest.mark.parametrize(("item", "count"), [(b"1", 500_000), (b'"a\\"]"', 100_000)])
def test_a_large_array_is_passed_over_and_every_top_level_model_still_replaced(item, count):
    def replace(items):
        value = b"[" + b",".join([item] * items) + b"]"
        sent = rewrite(b'{"model":"a","x":' + value + b',"y":{"model":"b"},"model":"c"}', {"model": "NEW"})
        assert sent == b'{"model":"NEW","x":' + value + b',"y":{"model":"b"},"model":"NEW"}'

    assert_linear(replace, count)


def test_what_is_no_json_is_refused():
    with pytest.raises(ValueError, match="not closed"):
        rewrite(b'{"x":[1', {"model": "NEW"})


@pytest.mark.parametrize("window", [2, 3, 7, 50])
def test_wherever_a_window_ends_the_same_members_change(monkeypatch, window):
    rng = random.Random(window)
    bodies = [
        {"a": grown(rng, 4), "model": rng.choice(["x" * 60, None]), 'q"\\' * 9: grown(rng, 3)} for _ in range(300)
    ]
    cases = [(json.dumps(body, ensure_ascii=rng.random() < 0.5).encode(), body) for body in bodies]
    before = [(rewrite(raw, {"model": "NEW"}, ["a"]), with_model(raw, body, "NEW")) for raw, body in cases]
    monkeypatch.setattr(module, "_WINDOW", window)
    monkeypatch.setattr(windows, "WINDOW", window)
    assert [(rewrite(raw, {"model": "NEW"}, ["a"]), with_model(raw, body, "NEW")) for raw, body in cases] == before


def grown(rng, depth):
    kind = rng.randrange(5 if depth else 3)
    if kind == 3:
        return [grown(rng, depth - 1) for _ in range(rng.randrange(4))]
    if kind == 4:
        return {rng.choice('a"\\,[') * 2 + str(n): grown(rng, depth - 1) for n in range(rng.randrange(4))}
    return rng.choice(["", '"[,]}' * 5, "\\", '\\"' * 9, "\\{", 1, None, [1, 2, 3] * 9, "model", "\u00e9gal"])


@pytest.mark.parametrize("raw", [b'{"a": [1, 2', b'{"a": {"b": "c', b'{"a": "\\', b'{"a'])
def test_what_is_no_json_is_refused_and_not_searched_for_ever(raw):
    with pytest.raises(ValueError, match="is not closed"):
        rewrite(raw, {"model": "NEW"})
