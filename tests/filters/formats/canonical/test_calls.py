import pytest

from filters.formats.canonical.calls import settled
from filters.formats.canonical.request import Message, Text, Thought, ToolCall, ToolResult

HI = Message("user", [Text("hi")])


def calls(*ids):
    return Message("assistant", [ToolCall(ident, "f", "{}") for ident in ids])


def results(*ids, said=None):
    return Message(
        "user", [*(ToolResult(ident, [Text(f"of {ident}")]) for ident in ids), *([Text(said)] if said else [])]
    )


def settle(*messages, id_of=str):
    warnings = []
    return list(settled(messages, id_of, warnings)), warnings


@pytest.mark.parametrize(
    "messages",
    [
        (HI,),
        (HI, calls("a", "b"), results("a", "b")),
        (HI, calls("a", "b"), results("b", "a", said="go on"), calls("c"), results("c"), HI),
        (Message("system", [Text("x")]), HI, Message("assistant", [Thought("hm"), Text("so")]), HI),
    ],
)
def test_a_conversation_in_order_is_left_as_it_is(messages):
    assert settled(messages, str, []) is messages


def test_results_in_two_user_turns_come_together_after_the_call():
    settled_, warnings = settle(HI, calls("a", "b"), results("b"), results("a", said="go on"))
    assert settled_ == [HI, calls("a", "b"), results("a", "b", said="go on")]
    assert warnings == []


def test_what_stands_between_a_call_and_its_result_comes_after_it():
    late = Message("system", [Text("late")])
    settled_, warnings = settle(HI, calls("a"), Message("user", [Text("wait")]), late, results("a"))
    assert settled_ == [HI, calls("a"), results("a", said="wait"), late]
    assert warnings == []


def test_a_call_that_was_interrupted_gets_a_result_that_says_so():
    settled_, warnings = settle(HI, calls("a", "b"), results("b"), HI)
    (first, second), rest = settled_[2].parts[:2], settled_[2].parts[2:]
    assert (first.id, first.is_error, second.id) == ("a", True, "b")
    assert rest == [Text("hi")]
    assert warnings == ["a call without a result gets one that says so"]


def test_a_last_message_of_calls_waits_for_its_results():
    assert settle(HI, calls("a", "a"))[0][-1].role == "assistant"


def test_a_result_without_its_call_is_text():
    settled_, warnings = settle(results("gone", said="and?"), calls("a"), results("a"))
    assert [type(part) for part in settled_[0].parts] == [Text, Text, Text]
    assert settled_[1:] == [calls("a"), results("a")]
    assert warnings == ["a result without its call is sent as text"]


def test_ids_that_begin_anew_in_each_turn_are_told_apart():
    settled_, _ = settle(HI, calls("call_0"), results("call_0"), calls("call_0"), results("call_0"))
    first, second = settled_[1].parts[0].id, settled_[3].parts[0].id
    assert first != second
    assert (settled_[2].parts[0].id, settled_[4].parts[0].id) == (first, second)


def test_two_calls_of_one_turn_with_one_id_get_their_results_in_order():
    twice = Message("user", [ToolResult("x", [Text("1")]), ToolResult("x", [Text("2")])])
    settled_, _ = settle(HI, calls("x", "x"), twice)
    ids = [part.id for part in settled_[1].parts]
    assert len(set(ids)) == 2
    assert [(part.id, part.content[0].text) for part in settled_[2].parts] == [(ids[0], "1"), (ids[1], "2")]


def test_every_id_follows_the_rule_alike_in_call_and_result():
    settled_, _ = settle(HI, calls("long-1"), results("long-1"), id_of=lambda ident: ident.replace("-", "_"))
    assert settled_[1].parts[0].id == settled_[2].parts[0].id == "long_1"


def test_what_was_given_is_not_changed():
    given = [HI, calls("a"), HI, results("a")]
    before = [Message(message.role, list(message.parts)) for message in given]
    settle(*given)
    assert given == before


def test_a_call_that_a_custom_tool_left_unanswered_gets_a_result_of_its_kind():
    made = Message("assistant", [ToolCall("a", "patch", "text", custom=True)])
    settled_, warnings = settle(HI, made, HI)
    (answer,) = [part for part in settled_[2].parts if isinstance(part, ToolResult)]
    assert (answer.id, answer.custom, answer.is_error) == ("a", True, True)
    assert answer.content == [Text("The call was interrupted and has no result.")]
    assert warnings == ["a call without a result gets one that says so"]


def test_of_several_results_for_one_call_the_last_counts():
    twice = Message("user", [ToolResult("a", [Text("1")]), ToolResult("a", [Text("2")])])
    settled_, warnings = settle(HI, calls("a"), twice, calls("b"), results("b"))
    assert [part.content[0].text for part in settled_[2].parts] == ["2"]
    assert warnings == []


def test_what_a_lost_call_had_as_its_result_says_what_it_is():
    settled_, _ = settle(results("gone"), HI)
    assert settled_[0].parts[:2] == [
        Text("The result of a tool call that is no longer in the conversation:"), Text("of gone"),
    ]  # fmt: skip


def test_an_id_that_is_taken_three_times_is_told_apart_three_times():
    settled_, _ = settle(HI, *[each for _ in range(3) for each in (calls("x"), results("x"))])
    made = [message.parts[0].id for message in settled_ if message.role == "assistant"]
    answered = [message.parts[0].id for message in settled_[1:] if message.role == "user"]
    assert made == answered == ["x", "x_2", "x_3"]


def test_an_id_that_is_made_is_not_one_that_another_call_has():
    settled_, _ = settle(HI, calls("x_2"), results("x_2"), calls("x"), results("x"), calls("x"), results("x"))
    made = [message.parts[0].id for message in settled_ if message.role == "assistant"]
    assert len(set(made)) == 3
