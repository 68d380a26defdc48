import pytest

from filters.formats.anthropic_messages.places import changed, seen
from tests.support.visitors import Blind, Visitor

BODY = {
    "model": "m",
    "tools": [
        {"name": "f", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}},
        {"type": "custom", "name": "g", "input_schema": {}},
        {"type": "bash_20250124", "name": "bash"},
    ],
    "tool_choice": {"type": "tool", "name": "f"},
    "messages": [
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "x", "name": "no tool"},
                {"type": "tool_use", "id": "c", "name": "f", "input": {"name": "Ann", "id": "1"}},
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c", "content": [{"type": "tool_reference", "tool_name": "g"}]},
                {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
            ],
        },
    ],
}


def test_every_place_is_visited_and_what_anthropic_prescribes_is_not():
    made = changed(BODY, Visitor())
    assert set(made) == {"tools", "tool_choice", "messages"}
    first, second, own = made["tools"]
    assert (first["name"], first["input_schema"]) == ("f!", {"type": "object", "seen": True})
    assert first["cache_control"] == {"type": "ephemeral"}
    assert second == {"type": "custom", "name": "g!", "input_schema": {"seen": True}}
    assert own is BODY["tools"][2]
    assert made["tool_choice"]["name"] == "f!"
    user, assistant, results = made["messages"]
    assert user is BODY["messages"][0]
    text, use, server = assistant["content"]
    assert (text, server) == (BODY["messages"][1]["content"][0], BODY["messages"][1]["content"][2])
    assert use == {"type": "tool_use", "id": "call c", "name": "f!", "input": {"name": "Ann", "id": "1"}}
    own_result, of_server = results["content"]
    assert own_result["tool_use_id"] == "result c"
    assert own_result["content"] == [{"type": "tool_reference", "tool_name": "g!"}]
    assert of_server is BODY["messages"][2]["content"][1]


def test_where_nothing_changes_no_field_is_given():
    assert changed(BODY, Blind()) == {}


@pytest.mark.parametrize(
    "odd", [{}, {"tools": 1, "messages": None}, {"tools": [None, "x"], "messages": [{"content": 3}]}]
)
def test_other_shapes_have_no_such_places(odd):
    assert changed(odd, Visitor()) == {}


def test_a_look_finds_what_a_visitor_would_see():
    found = seen(BODY)
    assert set(found.names) == {"f", "g"}
    assert found.calls == ["c"]
    assert len(found.declared) == 2


@pytest.mark.parametrize(
    "odd", [{}, {"tools": 1, "messages": None, "input": 3}, {"tools": [None, {"name": 3}], "tool_choice": 1}]
)
def test_a_look_at_other_shapes_finds_nothing(odd):
    found = seen(odd)
    assert (found.names, found.calls) == ({}, [])
