import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.formats.canonical import custom_tools
from filters.formats.canonical.request import Tool

PATCH = Tool("apply_patch", "Edits files.", custom=True, grammar={"syntax": "lark", "definition": "start: /.+/"})


def test_a_custom_tool_becomes_a_function_of_one_string():
    function = custom_tools.as_function(PATCH)
    assert (function.name, function.custom, function.grammar) == ("apply_patch", False, None)
    assert function.schema["required"] == ["input"]
    assert function.description == "Edits files.\n\nThe input must match this lark grammar:\nstart: /.+/"


def test_a_custom_tool_without_words_has_no_description():
    assert custom_tools.as_function(Tool("free", custom=True)).description is None


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_free_text_survives_the_way_there_and_back(text):
    assert custom_tools.to_text(custom_tools.to_json(text)) == text


@pytest.mark.parametrize("arguments", ["", "*** Begin Patch", '["a"]', '{"input": 3}', '{"patch": "x"}'])
def test_arguments_of_another_shape_are_given_as_they_are(arguments):
    assert custom_tools.to_text(arguments) == arguments


def test_only_custom_tools_are_named():
    assert custom_tools.names([PATCH, Tool("search")]) == {"apply_patch"}
