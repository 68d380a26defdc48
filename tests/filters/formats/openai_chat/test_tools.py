import pytest

from filters.errors import DownstreamError
from filters.formats.canonical.request import ModelOptions, Tool, ToolChoice
from filters.formats.openai_chat.tools import decode_choice, decode_tools, encode_choice, encode_tools

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
SEARCH = {
    "type": "function",
    "function": {"name": "search", "description": "Finds.", "parameters": SCHEMA, "strict": True},
}
GRAMMAR = {"syntax": "regex", "definition": "a+"}
PATCH = {
    "type": "custom",
    "custom": {"name": "patch", "description": "Edits.", "format": {"type": "grammar", "grammar": GRAMMAR}},
}
FREE = {"type": "custom", "custom": {"name": "free"}}
CUSTOM = ModelOptions(custom_tools=True)


def test_functions_and_custom_tools_are_read():
    assert decode_tools({"tools": [SEARCH, PATCH, FREE]}) == [
        Tool("search", "Finds.", SCHEMA, strict=True),
        Tool("patch", "Edits.", custom=True, grammar=GRAMMAR),
        Tool("free", custom=True),
    ]
    assert decode_tools({"tools": None}) == []


def test_a_cache_mark_is_read():
    assert decode_tools({"tools": [{**SEARCH, "cache_control": {"type": "ephemeral"}}]})[0].cache == {
        "type": "ephemeral"
    }


def test_tools_come_back_as_they_were():
    tools = [SEARCH, PATCH, FREE]
    assert encode_tools(decode_tools({"tools": tools}), CUSTOM) == tools


def test_a_custom_tool_goes_as_a_function_to_servers_without_them():
    (tool,) = encode_tools(decode_tools({"tools": [PATCH]}), ModelOptions())
    assert (tool["type"], tool["function"]["name"]) == ("function", "patch")
    assert tool["function"]["parameters"]["required"] == ["input"]
    assert "a+" in tool["function"]["description"]


@pytest.mark.parametrize("schema", [{}, {"type": "object"}])
def test_a_schema_without_properties_gets_none(schema):
    (tool,) = encode_tools([Tool("f", schema=schema)], ModelOptions())
    assert tool["function"]["parameters"] == {"type": "object", "properties": {}}


def test_a_tool_without_a_schema_has_none():
    assert encode_tools([Tool("f")], ModelOptions()) == [{"type": "function", "function": {"name": "f"}}]


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({"type": "web_search_preview"}, "tools[0].type"),
        ({"type": ["function"]}, "tools[0].type"),
        ({"type": "function"}, "tools[0].function.name"),
        ({"type": "function", "function": {"name": "f", "parameters": "x"}}, "tools[0].function.parameters"),
        ({"type": "custom", "custom": {}}, "tools[0].custom.name"),
        (
            {"type": "custom", "custom": {"name": "x", "format": {"grammar": {"syntax": "lark"}}}},
            "tools[0].custom.format.grammar.definition",
        ),
        (7, "tools[0]"),
    ],
)
def test_other_tools_are_refused(tool, param):
    with pytest.raises(DownstreamError) as caught:
        decode_tools({"tools": [tool]})
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("wire", "choice"),
    [
        ("auto", ToolChoice("auto")),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("required")),
        ({"type": "function", "function": {"name": "search"}}, ToolChoice("tool", "search")),
        ({"type": "custom", "custom": {"name": "patch"}}, ToolChoice("tool", "patch")),
    ],
)
def test_choices_are_read_and_written(wire, choice):
    tools = decode_tools({"tools": [SEARCH, PATCH]})
    assert decode_choice({"tool_choice": wire}, tools) == (choice, tools)
    assert encode_choice(choice, tools, CUSTOM) == wire


def test_no_choice_is_none():
    assert decode_choice({}, []) == (None, [])


def test_the_choice_of_a_custom_tool_names_its_function_where_it_is_one():
    choice = encode_choice(ToolChoice("tool", "patch"), [Tool("patch", custom=True)], ModelOptions())
    assert choice == {"type": "function", "function": {"name": "patch"}}


def test_allowed_tools_leave_only_those():
    tools = [Tool("search"), Tool("patch", custom=True), Tool("other")]
    allowed = [{"type": "function", "function": {"name": "search"}}, {"type": "custom", "custom": {"name": "patch"}}]
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": allowed}}
    assert decode_choice({"tool_choice": choice}, tools) == (ToolChoice("required"), tools[:2])


@pytest.mark.parametrize(
    ("choice", "param"),
    [
        ("any", "tool_choice"),
        (["auto"], "tool_choice"),
        ({}, "tool_choice.type"),
        ({"type": {}}, "tool_choice.type"),
        ({"type": "function"}, "tool_choice.function.name"),
        ({"type": "allowed_tools"}, "tool_choice.allowed_tools.mode"),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "x"}]}},
            "tool_choice.allowed_tools.tools[].type",
        ),
    ],
)
def test_other_choices_are_refused(choice, param):
    with pytest.raises(DownstreamError) as caught:
        decode_choice({"tool_choice": choice}, [])
    assert caught.value.param == param
