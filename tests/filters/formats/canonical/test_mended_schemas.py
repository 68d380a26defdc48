import copy

import pytest

from filters.formats.canonical.mended_schemas import mended

TEXT = {"type": "string"}
LIST = {"type": "array"}


def of(**properties):
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ({"type": "object", "properties": []}, of()),
        ({"type": "object", "properties": None}, of()),
        ({**of(a=TEXT), "required": None}, of(a=TEXT)),
        ({**of(a=TEXT), "required": "a"}, of(a=TEXT)),
        (of(a={**TEXT, "required": True}), of(a=TEXT)),
        (of(a={**TEXT, "enum": []}), of(a=TEXT)),
        (of(a={**TEXT, "enum": None}), of(a=TEXT)),
        (of(a={"type": "any"}), of(a={})),
        (of(a={"type": None}), of(a={})),
        (of(a=None), of(a={})),
        (of(a=[]), of(a={})),
        (of(a={**TEXT, "description": None, "format": None}), of(a=TEXT)),
        (of(a={"type": "array"}), of(a={"type": "array", "items": {}})),
        (of(a={"type": "array", "items": None}), of(a={"type": "array", "items": {}})),
        (
            of(a={"type": "array", "items": {"type": "array"}}),
            of(a={"type": "array", "items": {"type": "array", "items": {}}}),
        ),
        (of(a={"anyOf": [{"type": "array"}, TEXT]}), of(a={"anyOf": [{"type": "array", "items": {}}, TEXT]})),
        (of(a={**TEXT, "anyOf": []}), of(a=TEXT)),
        ({**of(), "$defs": {"x": {"type": "object", "properties": []}}}, {**of(), "$defs": {"x": of()}}),
        ({**of(), "$defs": []}, {**of(), "$defs": {}}),
        (of(a=of(b=of(c={"type": "object", "properties": None}))), of(a=of(b=of(c=of())))),
    ],
)
def test_what_is_no_json_schema_is_mended_wherever_it_stands(broken, whole):
    given = copy.deepcopy(broken)
    assert mended(given) == whole
    assert given == broken
    assert mended(whole) is whole


@pytest.mark.parametrize(
    "schema",
    [
        {},
        of(),
        of(a=TEXT, b=True),
        {**of(a={"type": ["string", "null"], "default": None, "enum": ["x", None]}), "required": ["a"]},
        of(a={"type": "array", "prefixItems": [TEXT]}),
        of(type={"type": "string"}, required={"type": "boolean"}, enum=TEXT, items=TEXT),
        {"type": "object", "properties": ["odd"], "anyOf": [True, {"const": None}]},
        {"type": 7, "items": True},
    ],
)
def test_what_is_one_or_says_more_than_can_be_guessed_stays_as_it_is(schema):
    assert mended(schema) is schema


def test_a_schema_without_a_bottom_is_mended_as_far_as_anyone_reads():
    deep = {"type": "object", "properties": []}
    for _ in range(200):
        deep = of(a=deep)
    assert mended(deep) is deep
