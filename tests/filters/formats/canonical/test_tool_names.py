import re

import pytest

from filters.formats.canonical.request import Message, Request, Text, Tool, ToolCall, ToolChoice
from filters.formats.canonical.tool_names import allowed_names, plain, renamed

LONG = "mcp__plugin_project-management-suite_tracker__list_all_open_merge_requests_of_team"
RULE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")


def request(*names, called=(), choice=None):
    messages = [Message("user", [Text("hi")]), Message("assistant", [ToolCall(name, name, "{}") for name in called])]
    return Request("m", messages, tools=[Tool(name) for name in names], tool_choice=choice)


def test_names_that_all_take_are_left_alone():
    asked = request("get_weather", "mcp__a-b__c", "_x", called=["get_weather"], choice=ToolChoice("auto"))
    assert renamed(asked, 64) == (asked, {})


@pytest.mark.parametrize("name", [LONG, "files.search/v2", "2fa", "-x", "größe", "a b", "x" * 65, ".", "é" * 70])
def test_a_name_is_replaced_in_tools_choice_and_history_alike(name):
    asked, names = renamed(request("ok", name, called=[name], choice=ToolChoice("tool", name)), 64)
    new = asked.tools[1].name
    assert RULE.fullmatch(new)
    assert asked.messages[1].parts[0].name == asked.tool_choice.name == new
    assert names == {new: name}
    assert asked.tools[0].name == "ok"
    assert renamed(request(name), 64)[0].tools[0].name == new, "the same each time"


def test_two_names_never_become_one():
    asked, names = renamed(request("a.b", "a/b", "a_b", LONG, LONG + "s"), 64)
    told = [tool.name for tool in asked.tools]
    assert len(set(told)) == 5
    assert told[2] == "a_b"
    assert [names.get(name, name) for name in told] == ["a.b", "a/b", "a_b", LONG, LONG + "s"]


def test_a_name_that_stands_only_in_the_history_is_replaced_too():
    asked, names = renamed(request(called=["a.b"]), 64)
    assert asked.messages[1].parts[0].name == "a_b"
    assert names == {"a_b": "a.b"}


def test_a_long_name_keeps_its_end_by_which_a_model_knows_it():
    assert "merge_requests_of_team" in renamed(request(LONG), 64)[0].tools[0].name
    assert renamed(request(LONG), 128)[0].tools[0].name == LONG


def test_other_names_follow_the_rule_too():
    assert plain("answer", 64) == "answer"
    assert RULE.fullmatch(plain("My answer!", 64))


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("a.b", "a_b"),
        ("2fa", "_2fa"),
        ("-x", "_x"),
        ("--x-y", "_x-y"),
        ("größe", "gr__e"),
        (".", "__"),
        ("", "_"),
    ],
)
def test_a_name_becomes_the_nearest_that_follows_the_rule(name, becomes):
    assert allowed_names([name], 64) == {name: becomes}


@pytest.mark.parametrize(("length", "kept"), [(63, True), (64, True), (65, False)])
def test_a_name_may_be_as_long_as_the_limit(length, kept):
    name = "x" * length
    assert (allowed_names([name], 64) == {}) is kept


def test_a_long_name_keeps_its_beginning_and_its_end_and_has_a_digest():
    new = allowed_names([LONG], 64)[LONG]
    assert len(new) == 64
    assert new.startswith(f"{LONG[:16]}_")
    head, _, digest = new.rpartition("_")
    assert LONG.endswith(head[17:])
    assert re.fullmatch(r"[0-9a-f]{8}", digest)


def test_a_name_whose_nearest_is_taken_has_a_digest():
    told = allowed_names(["a.b", "a/b", "a_b"], 64)
    assert set(told) == {"a.b", "a/b"}
    assert all(re.fullmatch(r"a_b_[0-9a-f]{8}", new) for new in told.values())
    assert len(set(told.values())) == 2


def test_a_choice_that_names_no_tool_and_messages_of_others_are_left_alone():
    asked, _ = renamed(request("a.b", choice=ToolChoice("required")), 64)
    assert asked.tool_choice == ToolChoice("required")
    assert asked.messages[0] == Message("user", [Text("hi")])
    assert plain("x" * 65, 64) != "x" * 65
