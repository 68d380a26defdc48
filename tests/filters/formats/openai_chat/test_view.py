import copy
import json

import pytest

from filters.formats.format import Turn
from filters.formats.openai_chat.codec import FORMAT
from filters.formats.openai_chat.view import newest, signers, system, turns, unsealed

texts, map_texts = FORMAT.shape.texts, FORMAT.shape.map_texts
USER = {"role": "user", "content": "hi"}
CALLS = [
    {"id": "1", "type": "function", "function": {"name": "mail", "arguments": '{"to":["a@b.c"],"n":1}'}},
    {"id": "2", "type": "custom", "custom": {"name": "run", "input": "mail a@b.c"}},
]
WHOLE = {
    "messages": [
        {"role": "developer", "content": "never write a@b.c"},
        {"role": "user", "content": [{"type": "text", "text": "ask a@b.c"}, {"type": "image_url", "image_url": {}}]},
        {"role": "assistant", "content": None, "reasoning_content": "who is a@b.c?", "tool_calls": CALLS},
        {"role": "tool", "tool_call_id": "1", "content": "sent to a@b.c"},
        {"role": "assistant", "content": "done, a@b.c", "refusal": None},
    ]
}
TEXTS = [
    Turn("system", "never write a@b.c"),
    Turn("user", "ask a@b.c"),
    Turn("assistant", "who is a@b.c?"),
    Turn("assistant", "a@b.c"),
    Turn("assistant", "mail a@b.c"),
    Turn("tool", "sent to a@b.c"),
    Turn("assistant", "done, a@b.c"),
]


def said(*messages):
    return list(turns({"messages": list(messages)}))


def test_turns_come_newest_first_and_only_from_who_speaks():
    assert said(
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "tool", "tool_call_id": "a", "content": "42"},
        {"role": "user", "content": "three"},
    ) == [Turn("user", "three"), Turn("assistant", "two"), Turn("user", "one")]


def test_turns_without_text_are_left_out():
    assert (
        said({"role": "user", "content": None}, {"role": "assistant"}, {"role": "user", "content": [{"type": "x"}]})
        == []
    )


def test_the_text_parts_of_a_turn_are_joined_and_images_add_nothing():
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    parts = [{"type": "text", "text": "a"}, image, {"type": "text", "text": "b"}]
    assert said({"role": "user", "content": parts}) == [Turn("user", "a\nb")]


def test_what_agents_inject_is_no_turn():
    reminder = {"type": "text", "text": "<system-reminder>be careful</system-reminder>"}
    assert said({"role": "user", "content": [reminder, {"type": "text", "text": "fix it"}]}) == [Turn("user", "fix it")]
    assert said({"role": "user", "content": reminder["text"]}) == []


def test_a_part_that_is_wholly_injected_does_not_hide_the_next():
    parts = [{"type": "text", "text": "# AGENTS.md instructions for /x"}, {"type": "text", "text": "fix it"}]
    assert said({"role": "user", "content": parts}) == [Turn("user", "fix it")]


def test_turns_are_read_lazily():
    read = turns({"messages": [{"no": "role"}, USER]})
    assert next(read) == Turn("user", "hi")


def test_texts_are_all_that_the_model_reads_in_order():
    assert list(texts(WHOLE)) == TEXTS


def test_every_text_can_be_replaced_and_nothing_else_changes():
    kept = copy.deepcopy(WHOLE)
    masked = map_texts(WHOLE, lambda text: text.replace("a@b.c", "***"))
    assert kept == WHOLE
    assert json.loads(json.dumps(WHOLE).replace("a@b.c", "***")) == masked
    assert [turn.text for turn in texts(masked)] == [turn.text.replace("a@b.c", "***") for turn in TEXTS]


def test_a_body_in_which_nothing_changes_is_the_same_object():
    assert map_texts(WHOLE, lambda text: text) is WHOLE


@pytest.mark.parametrize("calls", ["x", [1], [{"function": "f"}], [{"function": {"arguments": "not JSON"}}], [{}]])
def test_odd_calls_are_left_as_they_are(calls):
    body = {"messages": [{"role": "assistant", "tool_calls": calls}]}
    assert map_texts(body, lambda text: text) is body


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        ({"role": "tool", "tool_call_id": "1", "content": "42"}, "result"),
        ({"role": "function", "name": "f", "content": "42"}, "result"),
        ({"role": "assistant", "content": None}, "assistant"),
        ({"role": "user", "content": "thanks"}, "user"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, "user"),
        ({"role": "user", "content": "<system-reminder>x</system-reminder>"}, "assistant"),
        ({"role": "user", "content": None}, "assistant"),
        ({"role": "system", "content": "late"}, "assistant"),
    ],
)
def test_the_newest_thing_is_what_says_something(last, kind):
    assert next(newest({"messages": [USER, {"role": "assistant", "content": "a"}, last]})) == kind


def test_the_system_prompt_is_what_all_system_messages_hold():
    assert system({"messages": [{"role": "system", "content": "a"}, USER, {"role": "developer", "content": "b"}]}) == [
        "a",
        "b",
    ]


def test_there_is_no_place_for_proofs():
    assert list(signers(WHOLE)) == []
    assert unsealed(WHOLE) == {}
