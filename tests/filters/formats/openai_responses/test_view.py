import copy
import json
from itertools import islice

import pytest

from filters.formats.canonical.seal import ANTHROPIC, seal
from filters.formats.format import Turn
from filters.formats.openai_responses.codec import FORMAT
from filters.formats.openai_responses.view import newest, signers, system, turns

texts, map_texts = FORMAT.shape.texts, FORMAT.shape.map_texts
PART = {"type": "input_text", "text": "sent to a@b.c"}
WHOLE = {
    "instructions": "never write a@b.c",
    "input": [
        {"role": "developer", "content": "nor to a@b.c"},
        {"type": "message", "role": "user", "content": [PART, {"type": "input_image", "image_url": "x"}]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gAAA"},
        {"type": "function_call", "call_id": "1", "name": "mail", "arguments": '{"to":["a@b.c"]}'},
        {"type": "custom_tool_call", "call_id": "2", "name": "run", "input": "mail a@b.c"},
        {"type": "function_call_output", "call_id": "1", "output": "for a@b.c"},
        {"type": "custom_tool_call_output", "call_id": "2", "output": [PART]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "done, a@b.c"}]},
    ],
}
TEXTS = [
    Turn("system", "never write a@b.c"),
    Turn("system", "nor to a@b.c"),
    Turn("user", "sent to a@b.c"),
    Turn("assistant", "a@b.c"),
    Turn("assistant", "mail a@b.c"),
    Turn("tool", "for a@b.c"),
    Turn("tool", "sent to a@b.c"),
    Turn("assistant", "done, a@b.c"),
]


def user(content):
    return {"role": "user", "content": content}


def test_turns_come_newest_first():
    body = {"input": [user("one"), {"role": "assistant", "content": "two"}, user("three")]}
    assert list(turns(body)) == [Turn("user", "three"), Turn("assistant", "two"), Turn("user", "one")]


def test_a_string_is_one_turn_of_the_user():
    assert list(turns({"input": "hi"})) == [Turn("user", "hi")]


def test_turns_are_read_lazily():
    body = {"input": [{"role": "user", "content": [{"type": "input_text", "text": object()}]}, user("last")]}
    assert list(islice(turns(body), 1)) == [Turn("user", "last")]


def test_only_what_the_two_sides_said_is_a_turn():
    body = {
        "input": [
            {"role": "developer", "content": "rules"},
            {"role": "system", "content": "rules"},
            user("question"),
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "result"},
            {"role": "assistant", "content": None},
            user([{"type": "input_image", "image_url": "https://x"}]),
        ]
    }
    assert list(turns(body)) == [Turn("user", "question")]


def test_parts_are_cleaned_one_by_one_and_joined_by_lines():
    texts = ["<environment_context>shell</environment_context>", "fix", "# AGENTS.md instructions for /src", "the bug"]
    body = {"input": [user([{"type": "input_text", "text": text} for text in texts])]}
    assert list(turns(body)) == [Turn("user", "fix\nthe bug")]


def test_a_message_of_injected_text_alone_is_no_turn():
    body = {"input": [user("the question"), user("<system-reminder>be nice</system-reminder>")]}
    assert list(turns(body)) == [Turn("user", "the question")]


def test_without_input_there_are_no_turns():
    assert list(turns({"previous_response_id": "resp_1"})) == []


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


def test_a_string_is_a_text_of_the_users():
    assert list(texts({"input": "hi"})) == [Turn("user", "hi")]
    assert map_texts({"input": "hi"}, str.upper) == {"input": "HI"}
    assert list(texts({"previous_response_id": "r"})) == []


@pytest.mark.parametrize("output", [None, [1], [{"type": "x"}], {"a": 1}])
def test_odd_outputs_are_left_as_they_are(output):
    body = {"input": [{"type": "function_call_output", "call_id": "1", "output": output}]}
    assert map_texts(body, lambda text: text + "!") is body


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"type": "function_call_output", "call_id": "1", "output": "42"}, "result"),
        ({"type": "function_call", "call_id": "1", "name": "f"}, "assistant"),
        ({"role": "assistant", "content": "a"}, "assistant"),
        (user("thanks"), "user"),
        (user([{"type": "input_image", "image_url": "x"}]), "user"),
        (user("<system-reminder>x</system-reminder>"), "assistant"),
        ({"role": "developer", "content": "x"}, "assistant"),
    ],
)
def test_the_newest_thing_is_what_says_something(item, kind):
    assert next(newest({"input": [user("hi"), {"role": "assistant", "content": "a"}, item]})) == kind


def test_the_system_prompt_is_the_instructions():
    assert system(WHOLE) == "never write a@b.c"


def test_who_signed_is_told_newest_first():
    own, other = ({"type": "reasoning", "encrypted_content": proof} for proof in ("gAAA", seal(ANTHROPIC, "EqoB")))
    assert list(signers({"input": [own, other, {"type": "reasoning", "summary": []}]})) == ["anthropic", "openai"]
    assert list(signers({"input": "hi"})) == []
