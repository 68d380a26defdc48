import pytest

from filters.formats.openai_chat.places import changed, seen
from tests.support.visitors import Blind, Visitor


def call(kind="function"):
    return {"id": "c", "type": kind, kind: {"name": "f", "arguments": "{}"}, "extra_content": {"x": 1}}


BODY = {
    "model": "m",
    "tools": [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
        {"type": "custom", "custom": {"name": "g"}},
    ],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "messages": [
        {"role": "user", "content": "hi", "name": "Ann"},
        {"role": "assistant", "content": None, "tool_calls": [call(), call("custom")]},
        {"role": "tool", "tool_call_id": "c", "content": "x"},
    ],
}


def test_every_place_is_visited():
    made = changed(BODY, Visitor())
    assert set(made) == {"tools", "tool_choice", "messages"}
    function, custom = made["tools"]
    assert function["function"] == {"name": "f!", "parameters": {"type": "object", "seen": True}}
    assert custom["custom"] == {"name": "g!"}
    assert made["tool_choice"]["function"]["name"] == "f!"
    user, assistant, tool = made["messages"]
    assert user is BODY["messages"][0]
    assert [made["id"] for made in assistant["tool_calls"]] == ["call c"] * 2
    assert assistant["tool_calls"][0]["function"]["name"] == assistant["tool_calls"][1]["custom"]["name"] == "f!"
    assert assistant["tool_calls"][0]["extra_content"] == {"x": 1}
    assert tool["tool_call_id"] == "result c"


def test_the_tools_that_a_choice_allows_are_visited_too():
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [BODY["tool_choice"]]}}
    made = changed({"tool_choice": choice}, Visitor())["tool_choice"]
    assert made["allowed_tools"]["tools"][0]["function"]["name"] == "f!"


def test_an_output_format_is_visited():
    made = changed({"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}, Visitor())
    assert made["response_format"]["json_schema"] == {"name": "a", "seen": True}
    assert changed({"response_format": {"type": "json_object"}}, Visitor()) == {}


def test_where_nothing_changes_no_field_is_given():
    assert changed(BODY, Blind()) == {}


@pytest.mark.parametrize("odd", [{}, {"tools": 1, "messages": None}, {"tools": [None, "x"], "tool_choice": "auto"}])
def test_other_shapes_have_no_such_places(odd):
    assert changed(odd, Visitor()) == {}


def test_a_look_finds_what_a_visitor_would_see():
    found = seen(BODY)
    assert set(found.names) == {"f", "g"}
    assert found.calls == ["c", "c"]
    assert len(found.declared) == 1


@pytest.mark.parametrize(
    "odd", [{}, {"tools": 1, "messages": None, "input": 3}, {"tools": [None, {"name": 3}], "tool_choice": 1}]
)
def test_a_look_at_other_shapes_finds_nothing(odd):
    found = seen(odd)
    assert (found.names, found.calls) == ({}, [])
