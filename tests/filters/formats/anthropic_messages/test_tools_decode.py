import pytest

from filters.errors import DownstreamError
from filters.formats.anthropic_messages.tools_decode import decode_tools
from filters.formats.canonical.request import Tool

SCHEMA = {"type": "object", "properties": {}}
PLAIN = {"name": "Search", "input_schema": SCHEMA}
DEFERRED = {"name": "WebFetch", "input_schema": SCHEMA, "defer_loading": True}


def result(*blocks):
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": list(blocks)}]}


def decode(tools, *messages, **body):
    warnings = []
    found = decode_tools({"messages": [{"role": "user", "content": "hi"}, *messages], **body}, tools, warnings)
    return [tool.name for tool in found], warnings


def test_a_tool_is_read():
    given = {**PLAIN, "description": "d", "strict": True, "cache_control": {"type": "ephemeral"}, "type": "custom"}
    assert decode_tools({"messages": []}, [given], []) == [
        Tool("Search", "d", SCHEMA, strict=True, cache={"type": "ephemeral"})
    ]


def test_a_deferred_tool_is_unknown_to_the_model_until_a_search_finds_it():
    assert decode([PLAIN, DEFERRED]) == (["Search"], [])
    found = result({"type": "tool_reference", "tool_name": "WebFetch"})
    assert decode([PLAIN, DEFERRED], found) == (["Search", "WebFetch"], [])


def test_a_deferred_tool_that_was_called_or_must_be_is_known():
    called = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "WebFetch", "input": {}}]}
    assert decode([DEFERRED], called)[0] == ["WebFetch"]
    assert decode([DEFERRED], tool_choice={"type": "tool", "name": "WebFetch"})[0] == ["WebFetch"]


@pytest.mark.parametrize("kind", ["regex_20251119", "bm25_20251119"])
def test_where_anthropic_would_search_all_tools_are_known(kind):
    search = {"type": f"tool_search_tool_{kind}", "name": "tool_search"}
    names, warnings = decode([search, PLAIN, DEFERRED])
    assert names == ["Search", "WebFetch"]
    assert warnings == ["Anthropic's tool search is left out, and all tools are loaded"]


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ("x", "tools[0]"),
        ({"name": 3, "input_schema": SCHEMA}, "tools[0].name"),
        ({"name": "f"}, "tools[0].input_schema"),
        ({"name": "f", "input_schema": SCHEMA, "description": 3}, "tools[0].description"),
        ({"type": "web_search_20250305", "name": "web_search"}, "tools[0].type"),
    ],
)
def test_what_is_wrong_with_a_tool_is_told_by_its_path(tool, param):
    with pytest.raises(DownstreamError) as refused:
        decode([tool])
    assert refused.value.param == param
