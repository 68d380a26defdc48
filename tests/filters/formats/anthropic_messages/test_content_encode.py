import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.errors import DownstreamError
from filters.formats.anthropic_messages.content_encode import encode_messages, encode_parts, tool_id, tool_input
from filters.formats.canonical.request import Document, Image, Message, Text, Thought, ToolCall, ToolResult

CACHE = {"type": "ephemeral"}
HI = Message("user", [Text("hi")])


def encode(*messages, late_system=False):
    warnings = []
    system, turns = encode_messages(messages, warnings, late_system=late_system)
    return system, turns, warnings


def blocks(*parts):
    warnings = []
    return encode_parts(parts, warnings), warnings


def text(value):
    return {"type": "text", "text": value}


def test_the_system_prompt_leaves_the_messages():
    system, turns, warnings = encode(Message("system", [Text("a")]), Message("system", [Text("b", CACHE)]), HI)
    assert system == [text("a"), {**text("b"), "cache_control": CACHE}]
    assert turns == [{"role": "user", "content": [text("hi")]}]
    assert warnings == []


def test_a_late_system_message_joins_the_first_with_a_warning():
    system, turns, warnings = encode(HI, Message("system", [Text("now in French")]))
    assert system == [text("now in French")]
    assert [turn["role"] for turn in turns] == ["user"]
    assert len(warnings) == 1


def test_a_late_system_message_may_stay_after_a_users_turn_but_not_after_the_assistants():
    french, polite = Message("system", [Text("French")]), Message("system", [Text("polite")])
    system, turns, warnings = encode(HI, french, Message("assistant", [Text("oui")]), polite, HI, late_system=True)
    assert [turn["role"] for turn in turns] == ["user", "system", "assistant", "user"]
    assert system == [text("polite")]
    assert len(warnings) == 1


def test_system_messages_are_text():
    system, _, warnings = encode(Message("system", [Text("a"), Image(url="https://x")]), HI)
    assert system == [text("a")]
    assert len(warnings) == 1


def test_a_conversation_of_system_messages_alone_is_the_users_turn():
    system, turns, warnings = encode(Message("system", [Text("say hi")]))
    assert (system, turns) == ([], [{"role": "user", "content": [text("say hi")]}])
    assert len(warnings) == 1


@pytest.mark.parametrize("messages", [(), (Message("user", [Text("  ")]),)])
def test_a_conversation_of_nothing_is_refused(messages):
    with pytest.raises(DownstreamError, match="empty") as caught:
        encode(*messages)
    assert caught.value.status == 400


def test_messages_of_one_role_are_one_turn_and_blank_texts_are_gone():
    _, turns, _ = encode(
        HI,
        Message("user", [Text(" \n"), Text("there")]),
        Message("assistant", [Text("")]),
        Message("user", [Text("?")]),
    )
    assert turns == [{"role": "user", "content": [text("hi"), text("there"), text("?")]}]


def test_tool_results_come_first_in_the_users_turn():
    _, turns, _ = encode(
        HI,
        Message("assistant", [ToolCall("a", "x", "{}"), ToolCall("b", "x", "{}")]),
        Message("user", [ToolResult("a", [Text("1")]), Text("see above")]),
        Message("user", [ToolResult("b", [Text("2")])]),
    )
    assert [block["type"] for block in turns[2]["content"]] == ["tool_result", "tool_result", "text"]
    assert [block.get("tool_use_id") for block in turns[2]["content"]] == ["a", "b", None]


def test_a_text_to_go_on_with_does_not_end_in_white_space():
    _, turns, _ = encode(HI, Message("assistant", [Text("The answer is ")]))
    assert turns[-1]["content"] == [text("The answer is")]


def test_a_tool_call_and_its_result_keep_their_cache_control():
    found, _ = blocks(ToolCall("t1", "look", '{"a":1}', cache=CACHE), ToolResult("t1", [Text("x", CACHE)], cache=CACHE))
    assert found == [
        {"type": "tool_use", "id": "t1", "name": "look", "input": {"a": 1}, "cache_control": CACHE},
        {
            "type": "tool_result",
            "tool_use_id": "t1",
            "content": [{**text("x"), "cache_control": CACHE}],
            "cache_control": CACHE,
        },
    ]


def test_an_error_is_never_empty_and_a_result_may_be():
    found, _ = blocks(ToolResult("t", [], is_error=True), ToolResult("t", []))
    assert found == [
        {"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": [text("error")]},
        {"type": "tool_result", "tool_use_id": "t"},
    ]


def test_a_custom_tools_free_text_goes_into_its_input():
    found, warnings = blocks(ToolCall("t", "apply_patch", "*** Begin", custom=True))
    assert found[0]["input"] == {"input": "*** Begin"}
    assert warnings == []


@pytest.mark.parametrize(
    ("arguments", "expected", "whole"),
    [
        ('{"a":1}', {"a": 1}, True),
        ("", {}, True),
        (" ", {}, True),
        ('{"a":', {"malformed_arguments": '{"a":'}, False),
        ("[1]", {"arguments": [1]}, False),
        ("null", {"arguments": None}, False),
    ],
)
def test_a_tools_input_is_an_object_whatever_the_arguments_are(arguments, expected, whole):
    assert tool_input(arguments) == (expected, whole)


def test_malformed_arguments_of_the_past_are_a_warning():
    _, warnings = blocks(ToolCall("t", "x", "{"))
    assert len(warnings) == 1


def test_ids_of_tools_that_anthropic_allows_stay():
    assert tool_id("toolu_01-A") == "toolu_01-A"


@given(st.text())
@settings(deadline=None)
def test_any_other_id_is_mapped_to_the_same_every_time(given_id):
    assert re.fullmatch(r"[a-zA-Z0-9_-]+", tool_id(given_id))
    assert tool_id(given_id) == tool_id(given_id)


def test_two_ids_stay_two():
    assert tool_id("call.1") != tool_id("call:1")


def test_only_thinking_that_anthropic_signed_goes_back():
    found, warnings = blocks(
        Thought("hm", "sig", "anthropic"),
        Thought("", "data", "anthropic", redacted=True),
        Thought("other", "gAAA", "openai"),
        Thought("unsigned"),
    )
    assert found == [
        {"type": "thinking", "thinking": "hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "data"},
    ]
    assert len(set(warnings)) == 1


def test_images():
    found, warnings = blocks(
        Image(url="https://x", cache=CACHE),
        Image(data="AAAA", media_type="image/jpg", detail="high"),
        Image(data="/9j/4AAQ"),
        Image(data="iVBO"),
    )
    assert [block["source"] for block in found] == [
        {"type": "url", "url": "https://x"},
        {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"},
        {"type": "base64", "media_type": "image/jpeg", "data": "/9j/4AAQ"},
        {"type": "base64", "media_type": "image/png", "data": "iVBO"},
    ]
    assert found[0]["cache_control"] == CACHE
    assert warnings == ["the detail of images is left to the model"]


def test_documents():
    greeting = base64.b64encode("Grüße".encode()).decode()
    found, _ = blocks(
        Document(data="JVBE", media_type="application/pdf", name="Report", cache=CACHE),
        Document(url="https://x/y.pdf"),
        Document(data=greeting, media_type="text/markdown"),
    )
    assert found == [
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
            "title": "Report",
            "cache_control": CACHE,
        },
        {"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"}},
    ]


@pytest.mark.parametrize(
    "document",
    [
        Document(data="UEsD", media_type="application/zip"),
        Document(data="no base64!", media_type="text/plain"),
        Document(data="/w==", media_type="text/plain"),
    ],
)
def test_documents_that_anthropic_does_not_take_are_refused(document):
    with pytest.raises(DownstreamError) as caught:
        blocks(document)
    assert caught.value.status == 400


def test_a_conversation_that_the_assistant_begins_has_a_turn_of_the_users_before_it():
    warnings = []
    said = [Message("system", [Text("s")]), Message("assistant", [Text("Welcome!")]), Message("user", [Text("hi")])]
    system, turns = encode_messages(said, warnings, late_system=False)
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[0]["content"][0]["text"]
    assert [block["text"] for block in system] == ["s"]
    assert len(warnings) == 1
