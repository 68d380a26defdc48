import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.formats.format import Turn
from filters.routing.llm.history import MAX_TURNS, cut, window


def user(text):
    return Turn("user", text)


def assistant(text):
    return Turn("assistant", text)


def size(text):
    return len(text.encode())


TALK = [user("plan a trip"), assistant("where to?"), user("Rome")]


def test_a_short_conversation_is_shown_whole_and_in_order():
    assert window(TALK, "Rome", 1000) == TALK


def test_without_a_conversation_the_text_is_the_users_turn():
    assert window([], "hello", 1000) == [user("hello")]


def test_a_conversation_without_a_user_turn_is_the_text_alone():
    assert window([assistant("hi, I am a bot")], "hello", 1000) == [user("hello")]


def test_what_the_assistant_said_in_a_tool_loop_is_not_shown():
    assert window([*TALK, assistant("let me look"), assistant("found it")], "Rome", 1000) == TALK


def test_only_the_newest_turns_are_shown():
    turns = [user(f"turn {number}") for number in range(40)]
    assert window(turns, "turn 39", 1000) == turns[-MAX_TURNS:]


def test_the_users_latest_turn_stays_however_long_the_tool_loop_after_it():
    turns = [*TALK, *(assistant("step") for _ in range(50))]
    assert window(turns, "Rome", 1000) == TALK


def test_the_oldest_turns_go_first_when_the_budget_is_short():
    turns = [assistant("a" * 40), user("b" * 40), user("c" * 40)]
    assert window(turns, "", 20) == turns[1:]


def test_an_earlier_user_turn_that_overflows_keeps_head_and_tail():
    shown = window([user("x" * 400), user("now")], "now", 51)
    assert shown[1] == user("now")
    assert shown[0].text == cut("x" * 400, 50)


def test_an_assistant_turn_that_overflows_is_left_out_with_all_before_it():
    turns = [user("first"), assistant("y" * 400), user("now")]
    assert window(turns, "now", 50) == [user("now")]


def test_a_piece_too_short_to_say_anything_is_left_out():
    assert window([user("x" * 400), user("now")], "now", 10) == [user("now")]


def test_a_latest_turn_over_the_budget_is_cut_and_stands_alone():
    shown = window([user("before"), user("z" * 10_000)], "", 100)
    assert shown == [user(cut("z" * 10_000, 100))]


def test_a_cut_keeps_sixty_per_cent_head_and_forty_per_cent_tail_around_an_ellipsis():
    text = cut("h" * 5000 + "t" * 5000, 100)
    head, ellipsis, tail = text.partition(" … ")
    assert ellipsis
    assert size(text) == 400
    assert (head, tail) == ("h" * 237, "t" * 158)


def test_a_text_that_just_fits_is_left_alone():
    assert cut("a" * 400, 100) == "a" * 400
    assert cut("é" * 200, 100) == "é" * 200
    assert cut("é" * 201, 100) != "é" * 201


@pytest.mark.parametrize("lone", ["\ud800", "a\udfff" * 300])
def test_a_lone_surrogate_is_no_reason_to_fail(lone):
    assert window([user(lone)], lone, 20)


@given(st.text(max_size=600), st.integers(min_value=2, max_value=60))
def test_a_cut_never_exceeds_its_budget(text, tokens):
    assert size(cut(text, tokens)) <= tokens * 4


TURNS = st.lists(
    st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text(min_size=1, max_size=200)), max_size=30
)


@given(TURNS, st.text(min_size=1, max_size=50), st.integers(min_value=2, max_value=200))
def test_a_window_ends_with_the_user_and_stays_within_the_budget(turns, text, tokens):
    shown = window(turns, text, tokens)
    assert shown[-1].role == "user"
    assert len(shown) <= MAX_TURNS
    assert sum(size(turn.text) for turn in shown) <= tokens * 4
