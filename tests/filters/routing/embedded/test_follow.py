import numpy as np
import pytest

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
