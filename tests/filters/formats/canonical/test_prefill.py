import pytest

from filters.formats.canonical.adapted import Adapted
from filters.formats.canonical.prefill import GO_ON, adapt_prefill, answered, ends_with_text
from filters.formats.canonical.request import Message, ModelOptions, Text, ToolCall

REFUSES = ModelOptions(prefill=False)
ASKED = Message("user", [Text("A poem")])
BEGUN = Message("assistant", [Text("Roses are")])
CALL = Message("assistant", [Text("hm"), ToolCall("c1", "t", "{}")])


def test_a_begun_answer_is_followed_by_the_users_wish_to_go_on():
    warnings = []
    assert answered([ASKED, BEGUN], REFUSES, warnings) == [ASKED, BEGUN, Message("user", [Text(GO_ON)])]
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("messages", "options"),
    [([ASKED, BEGUN], ModelOptions()), ([ASKED], REFUSES), ([ASKED, CALL], REFUSES), ([], REFUSES)],
    ids=["the model goes on", "the user is last", "a call is last", "nothing"],
)
def test_other_conversations_stay(messages, options):
    warnings = []
    assert answered(messages, options, warnings) is messages
    assert warnings == []


def body(last):
    return Adapted({"messages": [{"role": "user", "content": "hi"}, last]})


@pytest.mark.parametrize("content", ["Roses", [{"type": "text", "text": "Roses"}]])
def test_a_body_that_ends_with_text_gets_a_message_of_the_user(content):
    adapted = body({"role": "assistant", "content": content})
    adapt_prefill(adapted, REFUSES)
    assert adapted.replace["messages"][2:] == [{"role": "user", "content": GO_ON}]
    assert len(adapted.warnings) == 1


@pytest.mark.parametrize(
    ("last", "options"),
    [
        ({"role": "assistant", "content": "Roses"}, ModelOptions()),
        ({"role": "user", "content": "more"}, REFUSES),
        ({"role": "assistant", "content": None, "tool_calls": [{"id": "c1"}]}, REFUSES),
        ({"role": "assistant", "content": [{"type": "tool_use", "id": "t1"}]}, REFUSES),
    ],
    ids=["the model goes on", "the user is last", "chat call", "messages call"],
)
def test_other_bodies_stay(last, options):
    adapted = body(last)
    adapt_prefill(adapted, options)
    assert (adapted.replace, adapted.warnings) == ({}, [])


def test_an_assistant_message_without_content_ends_with_text():
    assert ends_with_text([{"role": "assistant", "content": None}])


@pytest.mark.parametrize(
    ("messages", "text"),
    [([], False), ([{"role": "assistant", "content": ["no block", 1]}], True), ([{"role": "user"}], False)],
)
def test_what_no_vendor_takes_is_left_to_be_judged(messages, text):
    assert ends_with_text(messages) is text
