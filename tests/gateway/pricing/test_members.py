import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pricing.members import members
from gateway.pricing.table import SourceError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(document=st.dictionaries(st.text(), VALUES, max_size=6), indent=st.sampled_from([None, 0, 3]))
def test_the_members_are_those_that_a_decoder_finds(document, indent):
    assert list(members(json.dumps(document, indent=indent).encode())) == list(document.items())


@pytest.mark.parametrize("text", ["{}", " {\n} ", '\r\n\t{ "a" : { } , "b":[] }\n'])
def test_space_may_stand_wherever_json_lets_it(text):
    assert dict(members(text.encode())) == json.loads(text)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"[]",
        b'"a"',
        b"null",
        b'{"a"',
        b'{"a":',
        b'{"a": 1',
        b'{"a": 1,',
        b'{"a": 1,}',
        b'{"a": 1 "b": 2}',
        b"{1: 2}",
        b'{"a": 1} x',
        b"{} x",
        b'{"a": 01}',
        b'{"a": "\xff"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * 100_000,
    ],
)
def test_anything_else_is_refused(document):
    with pytest.raises(SourceError, match=r"^it is not a JSON object$"):
        list(members(document))


def test_what_stands_before_a_fault_is_given():
    found = members(b'{"a": 1, "b" 2}')
    assert next(found) == ("a", 1)
    with pytest.raises(SourceError):
        next(found)
