import copy
import json

import pytest

from filters.formats.anthropic_messages.codec import FORMAT
from filters.formats.anthropic_messages.view import newest, signers, system, turns
from filters.formats.canonical.seal import OPENAI, seal
from filters.formats.format import Turn

texts, map_texts = FORMAT.shape.texts, FORMAT.shape.map_texts
HELLO = {"role": "user", "content": "hello"}
TEXT = {"type": "text", "text": "sent to a@b.c"}
DOCUMENT = {"type": "document", "title": "of a@b.c", "source": {"type": "text", "data": "a@b.c", "media_type": "x"}}
BLOCKS = {"type": "document", "source": {"type": "content", "content": [TEXT]}}
WHOLE = {
    "system": [{"type": "text", "text": "never write a@b.c"}],
    "messages": [
        {"role": "user", "content": [DOCUMENT, BLOCKS, {"type": "text", "text": "ask a@b.c"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "a @ b", "signature": "s"},
                {"type": "tool_use", "id": "t", "name": "mail", "input": {"to": [{"at": "a@b.c"}], "n": 1}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [TEXT]}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "for a@b.c"}]},
        {"role": "assistant", "content": "done, a@b.c"},
    ],
}
TEXTS = [
    Turn("system", "never write a@b.c"),
    Turn("user", "of a@b.c"),
    Turn("user", "a@b.c"),
    Turn("user", "sent to a@b.c"),
    Turn("user", "ask a@b.c"),
    Turn("assistant", "a@b.c"),
    Turn("tool", "sent to a@b.c"),
    Turn("tool", "for a@b.c"),
    Turn("assistant", "done, a@b.c"),
]


def body(**more):
    return {"model": "m", "max_tokens": 10, "messages": [HELLO], **more}


def test_turns_come_newest_first():
    conversation = [HELLO, {"role": "assistant", "content": "hi"}, {"role": "user", "content": "bye"}]
    assert list(turns(body(messages=conversation))) == [
        Turn("user", "bye"),
        Turn("assistant", "hi"),
        Turn("user", "hello"),
    ]


def test_turns_hold_what_was_said_and_nothing_else():
    conversation = [
        {"role": "system", "content": "rules"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>injected</system-reminder>"},
                {"type": "text", "text": "first"},
                {"type": "image", "source": {"type": "url", "url": "https://example.org/x.png"}},
                {"type": "text", "text": "second"},
            ],
        },
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "a file"}]},
            ],
        },
        {"role": "user", "content": "<system-reminder>only that</system-reminder>"},
        {"role": "user", "content": None},
    ]
    assert list(turns(body(messages=conversation))) == [Turn("user", "first\nsecond")]


def test_turns_are_read_lazily():
    never_reached = {"role": "user", "content": [{"type": "text", "text": None}]}
    assert next(turns({"messages": [never_reached, HELLO]})) == Turn("user", "hello")


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


@pytest.mark.parametrize("blocks", [None, [{"type": "x"}], [{"type": "document", "source": "y"}]])
def test_odd_blocks_are_left_as_they_are(blocks):
    odd = body(messages=[{"role": "user", "content": blocks}])
    assert map_texts(odd, lambda text: text + "!") is odd


RESULT = {"type": "tool_result", "tool_use_id": "t", "content": "42"}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ([RESULT], "result"),
        ([RESULT, {"type": "text", "text": "<system-reminder>x</system-reminder>"}], "result"),
        ([RESULT, {"type": "text", "text": "and now?"}], "user"),
        ([{"type": "image", "source": {}}], "user"),
        ("thanks", "user"),
        ("<system-reminder>x</system-reminder>", "assistant"),
        (None, "assistant"),
    ],
)
def test_the_newest_thing_is_what_says_something(content, kind):
    conversation = [HELLO, {"role": "assistant", "content": "a"}, {"role": "user", "content": content}]
    assert next(newest(body(messages=conversation))) == kind


def test_the_system_prompt_is_a_field_of_its_own():
    assert system(WHOLE) == WHOLE["system"]
    assert system(body()) is None


def test_who_signed_is_told_newest_first():
    thinking = {"type": "thinking", "thinking": "hm", "signature": "EqoB"}
    redacted = {"type": "redacted_thinking", "data": seal(OPENAI, "gAAA")}
    conversation = [HELLO, {"role": "assistant", "content": [thinking]}, {"role": "assistant", "content": [redacted]}]
    assert list(signers(body(messages=conversation))) == ["openai", "anthropic"]
