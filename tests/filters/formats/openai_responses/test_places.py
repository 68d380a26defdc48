import pytest

from filters.formats.openai_responses.places import changed, seen
from tests.support.visitors import Blind, Visitor

BODY = {
    "model": "m",
    "tools": [
        {"type": "function", "name": "f", "parameters": {"type": "object"}},
        {"type": "custom", "name": "g"},
        {"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "find"}]},
        {"type": "web_search"},
    ],
    "tool_choice": {"type": "function", "name": "f"},
    "input": [
        {"role": "user", "content": "hi"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "d", "name": "g", "input": "x"},
        {"type": "function_call", "call_id": "e", "name": "find", "namespace": "crm", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "1"},
        {"type": "custom_tool_call_output", "call_id": "d", "output": "2"},
        {"type": "shell_call_output", "call_id": "s", "output": []},
    ],
}


def test_every_place_is_visited_and_what_openai_prescribes_is_not():
    made = changed(BODY, Visitor())
    assert set(made) == {"tools", "tool_choice", "input"}
    function, custom, namespace, search = made["tools"]
    assert (function["name"], function["parameters"]) == ("f!", {"type": "object", "seen": True})
    assert custom["name"] == "g!"
    assert (namespace, search) == tuple(BODY["tools"][2:])
    assert made["tool_choice"]["name"] == "f!"
    said, call, own, spaced, output, own_output, shell = made["input"]
    assert (said, shell) == (BODY["input"][0], BODY["input"][6])
    assert (call["name"], call["call_id"]) == ("f!", "call c")
    assert (own["name"], own["call_id"]) == ("g!", "call d")
    assert (spaced["name"], spaced["call_id"]) == ("find", "call e")
    assert (output["call_id"], own_output["call_id"]) == ("result c", "result d")


def test_the_tools_that_a_choice_allows_are_visited_too():
    choice = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}
    assert changed({"tool_choice": choice}, Visitor())["tool_choice"]["tools"][0]["name"] == "f!"


def test_an_output_format_is_visited():
    made = changed({"text": {"format": {"type": "json_schema", "name": "a"}, "verbosity": "low"}}, Visitor())
    assert made["text"] == {"format": {"type": "json_schema", "name": "a", "seen": True}, "verbosity": "low"}


def test_where_nothing_changes_no_field_is_given():
    assert changed(BODY, Blind()) == {}


@pytest.mark.parametrize(
    "odd", [{}, {"tools": 1, "input": "hi"}, {"tools": [None], "input": [3], "tool_choice": "auto"}]
)
def test_other_shapes_have_no_such_places(odd):
    assert changed(odd, Visitor()) == {}


def test_a_look_finds_what_a_visitor_would_see():
    found = seen(BODY)
    assert set(found.names) == {"f", "g"}
    assert found.calls == ["c", "d", "e"]
    assert len(found.declared) == 2


@pytest.mark.parametrize(
    "odd", [{}, {"tools": 1, "messages": None, "input": 3}, {"tools": [None, {"name": 3}], "tool_choice": 1}]
)
def test_a_look_at_other_shapes_finds_nothing(odd):
    found = seen(odd)
    assert (found.names, found.calls) == ({}, [])
