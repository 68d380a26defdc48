from filters.formats.anthropic_messages.schema import strict


def test_every_object_is_closed():
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "array", "items": {"type": "object", "properties": {}}},
            "b": {"$ref": "#/$defs/b"},
        },
        "$defs": {"b": {"anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}]}},
    }
    closed = strict(schema)
    assert closed["additionalProperties"] is False
    assert closed["properties"]["a"]["items"]["additionalProperties"] is False
    assert closed["$defs"]["b"]["anyOf"] == [{"type": "object", "additionalProperties": False}, {"type": "null"}]
    assert "additionalProperties" not in schema


def test_constraints_become_words():
    schema = {"type": "integer", "minimum": 1, "maximum": 9, "description": "A digit."}
    assert strict(schema) == {"type": "integer", "description": 'A digit.\n\n{"minimum":1,"maximum":9}'}
    assert strict({"type": "string", "maxLength": 3})["description"] == '{"maxLength":3}'


def test_a_property_named_like_a_keyword_is_a_property():
    schema = {"type": "object", "properties": {"minimum": {"type": "number"}, "items": True}}
    assert strict(schema)["properties"] == schema["properties"]
