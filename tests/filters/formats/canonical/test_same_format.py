import copy

import pytest

from filters.formats.anthropic_messages.places import PLACES
from filters.formats.anthropic_messages.request_encode import DIALECT
from filters.formats.canonical.adapted import Adapted
from filters.formats.canonical.prepare import Dialect
from filters.formats.canonical.request import ModelOptions
from filters.formats.canonical.same_format import adapt_calls
from filters.formats.openai_responses import places as responses

OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}}
ANY = ModelOptions()
ODD, LONG = "files.search/v2", "x" * 140


def tool(name, schema=OBJECT):
    return {"name": name, "input_schema": schema}


def use(ident, name="f"):
    return {"role": "assistant", "content": [{"type": "tool_use", "id": ident, "name": name, "input": {}}]}


def result(ident, content="18C"):
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": ident, "content": content}]}


def adapted(body, options=ANY, dialect=DIALECT):
    before = copy.deepcopy(body)
    made = Adapted(body)
    adapt_calls(made, options, dialect, PLACES)
    assert body == before, "the caller's own body is left as it is"
    return made


def test_what_the_model_takes_is_left_as_it_is():
    body = {"tools": [tool("f")], "messages": [use("a"), result("a"), use("b"), result("b")], "tool_choice": None}
    made = adapted(body)
    assert (made.replace, made.remove, made.warnings, made.tool_names) == ({}, set(), [], {})


@pytest.mark.parametrize("name", [ODD, LONG])
def test_a_name_is_replaced_wherever_it_stands_and_remembered_for_the_answer(name):
    reference = [{"type": "tool_reference", "tool_name": name}]
    body = {
        "tools": [tool("f"), tool(name)],
        "tool_choice": {"type": "tool", "name": name},
        "messages": [use("a", name), result("a", reference)],
    }
    made = adapted(body)
    new = made.get("tools")[1]["name"]
    assert made.tool_names == {new: name}
    assert made.get("tools")[0] is body["tools"][0]
    assert made.get("tool_choice")["name"] == made.get("messages")[0]["content"][0]["name"] == new
    assert made.get("messages")[1]["content"][0]["content"][0]["tool_name"] == new


def test_ids_that_repeat_are_told_apart_and_results_follow_their_calls():
    made = adapted({"messages": [use("c"), result("c", "one"), use("c"), result("c", "two")]}).get("messages")
    calls = [made[0]["content"][0]["id"], made[2]["content"][0]["id"]]
    assert calls[0] == "c" != calls[1]
    assert [made[1]["content"][0]["tool_use_id"], made[3]["content"][0]["tool_use_id"]] == calls


def test_ids_follow_the_rule_of_the_format_or_of_the_server():
    messages = [use("functions.f:0"), result("functions.f:0")]
    made = adapted({"messages": messages}).get("messages")
    ident = made[0]["content"][0]["id"]
    assert "." not in ident
    assert made[1]["content"][0]["tool_use_id"] == ident
    nine = adapted({"messages": messages}, ModelOptions(tool_id_length=9), Dialect(64, 40, 64)).get("messages")
    assert len(nine[0]["content"][0]["id"]) == 9


def test_combined_roots_are_merged_with_a_warning_and_a_nullable_root_is_an_object():
    combined = {"type": "object", "anyOf": [OBJECT, {"type": "object", "properties": {"b": {"type": "string"}}}]}
    made = adapted({"tools": [tool("f", combined), tool("g", {**OBJECT, "type": ["object", "null"]})], "messages": []})
    first, second = (each["input_schema"] for each in made.get("tools"))
    assert "anyOf" not in first
    assert set(first["properties"]) == {"a", "b"}
    assert second["type"] == "object"
    assert len(made.warnings) == 1


@pytest.mark.parametrize(("properties", "strict"), [(["a"], True), ([], False)])
def test_strict_is_off_where_strict_mode_refuses_the_schema(properties, strict):
    closed = {**OBJECT, "required": properties, "additionalProperties": False}
    body = {
        "tools": [{"type": "function", "name": "f", "strict": True, "parameters": closed}],
        "text": {"format": {"type": "json_schema", "name": "my answer", "strict": True, "schema": closed}},
        "input": "hi",
    }
    made = Adapted(body)
    adapt_calls(made, ANY, Dialect(64, 64, 64), responses.PLACES)
    assert (made.get("tools")[0]["strict"], made.get("text")["format"]["strict"]) == (strict, strict)
    assert made.get("text")["format"]["name"] == "my_answer"
    assert len(made.warnings) == (not strict)


def test_a_server_that_takes_any_gets_them_as_they_are():
    body = {"tools": [tool(ODD, {"anyOf": [OBJECT]})], "messages": [use("c", ODD), result("c"), use("c", ODD)]}
    made = adapted(body, ModelOptions(any_calls=True))
    assert (made.replace, made.tool_names) == ({}, {})


@pytest.mark.parametrize(
    "body",
    [
        {"tools": "none", "messages": []},
        {"tools": [1, None, {"name": 3, "input_schema": "x"}], "tool_choice": "auto", "messages": []},
        {
            "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "content": [None, {"type": "tool_use"}]},
            ]
        },
        {"messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": 7, "name": None}]}, result(7)]},
    ],
)
def test_what_is_of_another_shape_is_left_to_the_provider(body):
    assert adapted(body).replace == {}


def test_what_is_replaced_already_is_looked_at_and_not_the_callers_own():
    made = Adapted({"messages": [use("a.b")]}, replace={"messages": [use("c.d")]})
    adapt_calls(made, ModelOptions(), DIALECT, PLACES)
    assert made.get("messages")[0]["content"][0]["id"].startswith("c_d")


@pytest.mark.parametrize("empty", [[], None, {}])
def test_a_schema_that_says_nothing_is_an_object_in_whatever_way_it_was_written(empty):
    body = {
        "tools": [tool("f", empty), tool("g"), {"name": "h"}, {"type": "web_search_20250305", "name": "web_search"}]
    }
    made = adapted(body)
    assert made.get("tools") == [tool("f", {"type": "object", "properties": {}}), *body["tools"][1:]]
    assert made.get("tools")[1] is body["tools"][1]


@pytest.mark.parametrize("wrong", ["x", 0, [OBJECT]])
def test_a_schema_of_a_wrong_type_is_left_for_the_provider_to_judge(wrong):
    assert adapted({"tools": [tool("f", wrong)]}).replace == {}
