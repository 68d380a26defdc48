"""Tools and tool choice, both ways."""

import pytest

from filters.errors import DownstreamError
from filters.formats.canonical.request import ModelOptions, Tool, ToolChoice
from filters.formats.openai_responses import tools
from filters.formats.openai_responses.tools import encode_choice, encode_tool

FIND = {"type": "function", "name": "find", "description": "Finds.", "parameters": {"type": "object"}, "strict": True}
GRAMMAR = {"syntax": "lark", "definition": "start: /x/"}
PATCH = {"type": "custom", "name": "apply_patch", "format": {"type": "grammar", **GRAMMAR}}
CRM = {
    "type": "namespace",
    "name": "crm",
    "description": "The CRM.",
    "tools": [FIND, {"type": "custom", "name": "sql"}],
}


def decode_tools(body, additional=()):
    return tools.decode_tools(body, list(additional), [])


def test_functions_and_custom_tools_are_read():
    tools, choice = decode_tools(
        {"tools": [FIND, PATCH, {"type": "custom", "name": "free", "format": {"type": "text"}}]}
    )
    assert list(tools) == [
        Tool("find", "Finds.", {"type": "object"}, strict=True),
        Tool("apply_patch", custom=True, grammar=GRAMMAR),
        Tool("free", custom=True),
    ]
    assert choice is None


def test_strict_that_was_not_said_stays_open_and_is_written_as_false():
    tools, _ = decode_tools({"tools": [{"type": "function", "name": "f"}]})
    assert tools[0].strict is None
    assert encode_tool(tools[0], ModelOptions())["strict"] is False
    assert encode_tool(Tool("f", strict=True), ModelOptions())["strict"] is True


def test_a_function_without_parameters_takes_none():
    tools, _ = decode_tools({"tools": [{"type": "function", "name": "f", "parameters": None}]})
    assert tools[0].schema == {"type": "object", "properties": {}}
    assert encode_tool(Tool("f"), ModelOptions())["parameters"] == {"type": "object", "properties": {}}


def test_tools_of_a_namespace_get_one_name_and_its_description():
    tools, _ = decode_tools({"tools": [CRM]})
    assert [(tool.name, tool.namespace, tool.custom) for tool in tools] == [
        ("crm__find", "crm", False),
        ("crm__sql", "crm", True),
    ]
    assert tools[0].description == "The CRM.\n\nFinds."


@pytest.mark.parametrize(
    "kind", ["web_search", "file_search", "computer", "mcp", "code_interpreter", "image_generation", "local_shell", "x"]
)
def test_tools_that_only_openai_can_run_are_refused(kind):
    with pytest.raises(DownstreamError, match=r"`tools\[1\]\.type` is not a tool") as refused:
        decode_tools({"tools": [FIND, {"type": kind}]})
    assert (refused.value.status, refused.value.param) == (400, "tools[1].type")


@pytest.mark.parametrize(
    ("tools", "param"),
    [
        ("x", "tools"),
        (["x"], "tools[0]"),
        ([{"type": ["function"]}], "tools[0].type"),
        ([{"type": "function"}], "tools[0].name"),
        ([{"type": "function", "name": "f", "parameters": "x"}], "tools[0].parameters"),
        (
            [{"type": "custom", "name": "f", "format": {"type": "grammar", "syntax": "lark"}}],
            "tools[0].format.definition",
        ),
        ([{"type": "namespace", "name": "n", "tools": [{"type": "mcp"}]}], "tools[0].tools[0].type"),
    ],
)
def test_what_is_wrong_with_a_tool_is_said_by_its_path(tools, param):
    with pytest.raises(DownstreamError) as refused:
        decode_tools({"tools": tools})
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("wire", "choice"),
    [
        ("auto", ToolChoice("auto")),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("required")),
        ({"type": "function", "name": "find"}, ToolChoice("tool", "find")),
        ({"type": "custom", "name": "apply_patch"}, ToolChoice("tool", "apply_patch")),
        (None, None),
    ],
)
def test_a_tool_choice_is_read_and_written_back(wire, choice):
    assert decode_tools({"tools": [FIND, PATCH], "tool_choice": wire})[1] == choice
    if choice is not None:
        assert encode_choice(choice, frozenset({"apply_patch"})) == wire


def test_tools_that_are_not_allowed_are_not_offered():
    allowed = [{"type": "custom", "name": "apply_patch"}, {"type": "function", "name": "find", "namespace": "crm"}]
    choice = {"type": "allowed_tools", "mode": "required", "tools": allowed}
    tools, found = decode_tools({"tools": [FIND, PATCH, CRM], "tool_choice": choice})
    assert [tool.name for tool in tools] == ["apply_patch", "crm__find"]
    assert found == ToolChoice("required")


@pytest.mark.parametrize(
    ("choice", "param"),
    [
        ("any", "tool_choice"),
        (5, "tool_choice"),
        ({"type": "mcp", "server_label": "x"}, "tool_choice.type"),
        ({"type": "function"}, "tool_choice.name"),
        ({"type": "allowed_tools", "mode": "some", "tools": []}, "tool_choice.mode"),
        ({"type": "allowed_tools", "tools": [{"type": "mcp"}]}, "tool_choice.tools[0].type"),
        ({"type": "allowed_tools"}, "tool_choice.tools"),
    ],
)
def test_a_choice_that_cannot_be_carried_is_refused(choice, param):
    with pytest.raises(DownstreamError) as refused:
        decode_tools({"tools": [FIND], "tool_choice": choice})
    assert refused.value.param == param


def test_a_custom_tool_is_a_function_of_one_string_unless_the_server_knows_such_tools():
    tool = Tool("apply_patch", "Patches.", custom=True, grammar=GRAMMAR)
    assert encode_tool(tool, ModelOptions(custom_tools=True)) == PATCH | {"description": "Patches."}
    function = encode_tool(tool, ModelOptions())
    assert function["type"] == "function"
    assert list(function["parameters"]["properties"]) == ["input"]
    assert "start: /x/" in function["description"]
    assert encode_tool(Tool("f", custom=True), ModelOptions(custom_tools=True))["format"] == {"type": "text"}


SEARCH = {"type": "tool_search", "execution": "client", "description": "Looks tools up.", "parameters": {"x": 1}}


def test_a_search_for_tools_that_the_client_runs_is_a_tool():
    (tool,), _ = decode_tools({"tools": [SEARCH]})
    assert tool == Tool("tool_search", "Looks tools up.", {"x": 1}, search=True)
    (bare,), _ = decode_tools({"tools": [{"type": "tool_search", "execution": "client"}]})
    assert bare.schema == {"type": "object", "properties": {}}


def test_deferred_tools_are_unknown_until_a_search_has_loaded_them():
    deferred = {**FIND, "name": "later", "defer_loading": True}
    assert [tool.name for tool in decode_tools({"tools": [FIND, deferred]})[0]] == ["find"]
    found, _ = decode_tools({"tools": [FIND, deferred]}, additional=[deferred])
    assert [tool.name for tool in found] == ["find", "later"]


def test_where_openai_would_search_all_tools_are_loaded_with_a_warning():
    deferred = {**FIND, "name": "later", "defer_loading": True}
    inner = {**CRM, "tools": [deferred]}
    warnings = []
    found, _ = tools.decode_tools({"tools": [{"type": "tool_search"}, deferred, inner]}, [], warnings)
    assert [tool.name for tool in found] == ["later", "crm__later"]
    assert warnings == ["OpenAI's tool search is left out, and all tools are loaded"]


def test_a_tool_that_the_request_has_itself_stands_above_one_that_the_input_adds():
    (tool,), _ = decode_tools({"tools": [FIND]}, additional=[{**FIND, "description": "Another."}])
    assert tool.description == "Finds."


@pytest.mark.parametrize("choice", ["any", 3, ["auto"], True])
def test_a_choice_of_another_shape_is_refused_with_those_that_there_are(choice):
    with pytest.raises(DownstreamError, match="`auto`, `none`, `required`") as caught:
        decode_tools({"tools": [FIND], "tool_choice": choice})
    assert (caught.value.status, caught.value.param) == (400, "tool_choice")
