import pytest

from filters.formats.canonical.schemas import fits_strict, is_object, may_be_object, object_root, plain_root

URL = {"type": "object", "properties": {"source_url": {"type": "string"}, "name": {"type": "string"}}}
TEXT = {"type": "object", "properties": {"text": {"type": "string"}, "name": {"type": "string"}}}
COMBINED = ("anyOf", "oneOf", "allOf")


def test_an_object_without_combinations_is_left_alone():
    assert plain_root(URL) is URL


@pytest.mark.parametrize("kind", COMBINED)
def test_the_properties_of_all_branches_stay_known(kind):
    branches = [{**URL, "required": ["name", "source_url"]}, {**TEXT, "required": ["name"]}]
    found = plain_root({"type": "object", "description": "Attach.", kind: branches})
    assert set(found["properties"]) == {"source_url", "text", "name"}
    assert set(found["required"]) == ({"name", "source_url"} if kind == "allOf" else {"name"})
    assert not set(COMBINED) & set(found)
    assert found["type"] == "object"
    assert found["description"].startswith("Attach.")
    assert "source_url" in found["description"]


def test_conditions_beside_properties_are_words():
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"required": ["a"]}]}
    found = plain_root(schema)
    assert found["properties"] == {"a": {"type": "string"}}
    assert found["required"] == ["a"]
    assert "required" in found["description"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["object", "null"], "properties": {"a": {}}},
        {"properties": {"a": {}}},
        {"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": "null"}]},
        {"type": "object", "nullable": True, "properties": {"a": {}}},
        {"$ref": "#/$defs/X", "$defs": {"X": {"type": "object", "properties": {"a": {}}}}},
        {"oneOf": [{"$ref": "#/definitions/X"}], "definitions": {"X": {"properties": {"a": {}}}}},
        {"allOf": [{"anyOf": [{"properties": {"a": {}}}]}]},
        {"type": "object", "properties": {"a": {}}, "not": {"required": ["b"]}, "if": {}, "then": {}},
    ],
)
def test_any_root_becomes_an_object(schema):
    found = plain_root(schema)
    assert found["type"] == "object"
    assert found["properties"] == {"a": {}}
    assert not {"nullable", "$ref", "not", "if", "then", *COMBINED} & set(found)


def test_a_property_that_branches_define_differently_may_be_either():
    schema = {"oneOf": [{"properties": {"x": {"const": kind}}} for kind in ("a", "b", "a")]}
    assert plain_root(schema)["properties"]["x"]["anyOf"][:2] == [{"const": "a"}, {"const": "b"}]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/X", "$defs": {"X": {"$ref": "#/$defs/X"}}},
        {"$ref": "http://elsewhere"},
        {"anyOf": "x"},
        {"anyOf": [{"$ref": "#"}], "properties": 3},
        {"$ref": "#/$defs/none"},
    ],
)
def test_what_is_no_schema_ends_too(schema):
    assert plain_root(schema)["type"] == "object"


def test_the_caller_s_schema_is_not_changed():
    schema = {"type": "object", "anyOf": [URL]}
    plain_root(schema)
    assert schema == {"type": "object", "anyOf": [URL]}


CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        (CLOSED, True),
        ({**CLOSED, "required": []}, False),
        ({**CLOSED, "additionalProperties": True}, False),
        ({key: value for key, value in CLOSED.items() if key != "additionalProperties"}, False),
        ({**CLOSED, "properties": {"a": {**CLOSED, "required": []}}}, False),
        ({**CLOSED, "properties": {"a": {"type": "array", "items": {**CLOSED, "required": []}}}}, False),
        ({**CLOSED, "properties": {"a": {"anyOf": [{"type": "null"}, CLOSED]}}}, True),
        ({**CLOSED, "properties": {"a": {"anyOf": [{**CLOSED, "required": []}]}}}, False),
        ({**CLOSED, "$defs": {"x": {"type": "object"}}}, False),
        ({**CLOSED, "allOf": [CLOSED]}, False),
        ({**CLOSED, "type": ["object", "null"], "required": []}, False),
        ({"type": "string"}, True),
    ],
)
def test_strict_mode_wants_closed_objects_with_all_properties_required(schema, fits):
    assert fits_strict(schema) is fits


def test_a_root_that_may_combine_is_an_object_all_the_same():
    assert object_root(URL) is URL
    assert object_root({"anyOf": [URL]}) == {"anyOf": [URL], "type": "object"}
    assert object_root({"type": ["object", "null"], "properties": {"a": {}}})["type"] == "object"


@pytest.mark.parametrize(
    ("schema", "is_one", "may_be"),
    [
        ({"type": "object"}, True, True),
        ({}, False, True),
        ({"type": None}, False, True),
        ({"type": ["object", "null"]}, False, True),
        ({"type": ["string"]}, False, False),
        ({"type": "string"}, False, False),
        ({"anyOf": [{"type": "string"}]}, False, True),
    ],
)
def test_a_root_is_an_object_or_may_be_one(schema, is_one, may_be):
    assert (is_object(schema), may_be_object(schema)) == (is_one, may_be)
