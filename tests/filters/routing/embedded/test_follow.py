import numpy as np
import pytest

from filters.routing.classifier import Prompt
from filters.routing.embedded.follow import Follow

NEUTRAL = {"follow": np.array([1, 0], np.float32), "follow_length": np.float32(-1), "follow_bias": np.float32(2)}


def test_the_share_is_a_logistic_function_of_vector_and_length():
    share = Follow.of(NEUTRAL).share(np.array([0.5, 9], np.float32), "x" * 9)
    assert share == pytest.approx(1 / (1 + np.exp(-(0.5 - np.log(10) + 2))))


def test_a_longer_turn_leans_less_on_the_one_before():
    follow, raw = Follow.of(NEUTRAL), np.zeros(2, np.float32)
    assert follow.share(raw, "ok") > follow.share(raw, "now tell me about the fall of Rome")


@pytest.mark.parametrize("bias", [-1e9, 1e9])
def test_no_weight_makes_it_fail(bias):
    share = Follow.of({**NEUTRAL, "follow_bias": np.float32(bias)}).share(np.zeros(2, np.float32), "x")
    assert 0 <= share <= 1


VECTORS = {"yes": [0.5, 9], "write": [1, 2], "read": [3, 4]}


def read(prompts):
    """Return what is read where only Latin letters can be, and the texts that were asked for."""
    asked = []

    def vectors(texts):
        asked.extend(texts)
        return np.array([VECTORS[text] for text in texts], np.float32)

    found = Follow.of(NEUTRAL).read(prompts, lambda text: text in VECTORS, vectors, lambda vector: vector / 2)
    return [None if each is None else each.tolist() for each in found], asked


def test_a_turn_alone_is_itself():
    assert read([Prompt("write", ""), Prompt("read", "??")]) == ([[1, 2], [3, 4]], ["write", "read"])


def test_two_turns_are_mixed_by_the_raw_part_of_the_last():
    share = Follow.of(NEUTRAL).share(np.array([0.25, 4.5], np.float32), "yes")
    (mixed,), asked = read([Prompt("yes", "write")])
    assert (asked, mixed) == (["yes", "write"], pytest.approx([0.5 - share * 0.5 + share, 9 - share * 9 + share * 2]))


def test_without_words_the_turn_before_counts_and_with_words_in_another_script_nothing():
    assert read([Prompt("👍", "write"), Prompt("пиши", "write")])[0] == [[1, 2], None]


def test_where_nothing_can_be_read_nothing_is_asked_for():
    assert read([Prompt("??", ""), Prompt("", "")]) == ([None, None], [])
