import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.routing.embedded.tokenizer import MAX_CHARS, MAX_TOKENS, UNKNOWN, Tokenizer

PIECES = [
    "write",
    "a",
    "func",
    "##tion",
    "##s",
    "un",
    "##a",
    "##ff",
    "##able",
    ",",
    "_",
    "#",
    "中",
    "文",
    "##文",
    "e",
    "3",
]
IDS = {piece: UNKNOWN + 1 + i for i, piece in enumerate(PIECES)}


@pytest.fixture(scope="module")
def tokens():
    return Tokenizer([f"[unused{i}]" for i in range(UNKNOWN + 1)] + PIECES)


def ids(*pieces):
    return [IDS[piece] for piece in pieces]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("write a", ["write", "a"]),
        ("WRITE\tA\n", ["write", "a"]),
        ("functions", ["func", "##tion", "##s"]),
        ("unaffable", ["un", "##a", "##ff", "##able"]),
        ("a,a", ["a", ",", "a"]),
        ("a_a", ["a", "_", "a"]),
        ("#a", ["#", "a"]),
        ("é", ["e"]),
        ("E\u0301", ["e"]),
        ("中文", ["中", "文"]),
        ("a中a", ["a", "中", "a"]),
    ],
)
def test_text_is_split_into_the_longest_known_pieces(tokens, text, pieces):
    assert list(tokens(text)) == ids(*pieces)


def test_a_word_with_an_unknown_piece_is_dropped_whole(tokens):
    assert list(tokens("write funczz a")) == ids("write", "a")


@pytest.mark.parametrize("text", ["", "   ", "zzz", "🙂", "\ud800", "\x00", "a" * 101])
def test_text_of_which_nothing_is_known_is_the_unknown_token(tokens, text):
    assert list(tokens(text)) == [UNKNOWN]


def test_of_a_text_with_many_tokens_the_head_and_the_tail_are_kept(tokens):
    text = "write " + "a " * 700 + "func"
    assert len(text) <= MAX_CHARS
    found = tokens(text)
    assert len(found) == MAX_TOKENS
    assert found[0] == IDS["write"]
    assert found[-1] == IDS["func"]


def test_the_middle_of_a_long_text_is_not_read(tokens):
    assert tokens("write " + " " * 5_000 + "functions" + " " * 5_000 + "a").tolist() == ids("write", "a")


def test_a_word_gives_the_same_pieces_each_time(tokens):
    assert list(tokens("functions")) == list(tokens("functions")) == ids("func", "##tion", "##s")


def test_what_stands_between_spaces_is_read_as_its_words_the_first_time_and_later(tokens):
    for _ in range(2):
        assert list(tokens("write,a functions_a")) == ids("write", ",", "a", "func", "##tion", "##s", "_", "a")


def test_long_runs_without_a_space_are_read_and_not_remembered(tokens):
    text = "a," * 200
    assert list(tokens(text)) == ids(*[",", "a"] * 200)[1:] + ids(",")
    assert text not in tokens._words


def test_what_is_remembered_is_bounded(tokens):
    for n in range(70):
        tokens(" ".join(f"a{n}x{i}" for i in range(250)))
    assert len(tokens._words) <= 16_384
    assert list(tokens("functions a")) == ids("func", "##tion", "##s", "a")


def test_text_full_of_new_words_does_not_take_long(tokens):
    text = " ".join("func" + "tion" * 20 + "s" * i for i in range(20))
    started = time.thread_time()
    tokens(text)
    assert time.thread_time() - started < 2


@settings(deadline=None)
@given(st.text())
def test_any_text_gives_at_least_one_known_id(text):
    vocabulary = [f"[unused{i}]" for i in range(UNKNOWN + 1)] + PIECES
    found = Tokenizer(vocabulary)(text)
    assert 1 <= len(found) <= MAX_TOKENS
    assert all(0 <= i < len(vocabulary) for i in found)
