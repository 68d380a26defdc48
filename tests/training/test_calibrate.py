import numpy as np
import pytest

pytest.importorskip("jax", reason="training needs the training extra")

from training.calibrate import Seen, bar, logit, sums


def seen(best, good):
    """A group in which the fast encoder matches route 0 always; where it is not `good`, both others say none."""
    count = len(best)
    right = np.where(good, 0, -1)
    lead = np.full(count, 1.0)
    return Seen(np.zeros(count, int), right, right, np.array(best, float), lead, np.ones(count, bool))


def stands(weights, best):
    rows = np.stack([best, np.ones(len(best))], axis=1)
    return sums(rows, weights.astype(float)) >= -1e-3


def test_a_decision_stands_where_each_group_is_precise_enough_and_not_only_their_mean():
    best = np.linspace(4, 0, 200)
    precise = seen(best, np.ones(200, bool))
    coarse = seen(best, best > 2)
    both = stands(bar([precise, coarse], matched=True), best)
    assert both[best > 2].all()
    assert 100 <= both.sum() <= 103


def test_no_decision_stands_where_no_group_is_precise():
    best = np.linspace(4, 0, 51)
    every_second = seen(best, np.arange(51) % 2 == 1)
    assert not stands(bar([every_second], matched=True), best).any()


def test_a_group_without_such_decisions_does_not_keep_the_others_from_theirs():
    best = np.linspace(4, 0, 100)
    none = seen(best, best > 9)._replace(fast=np.full(100, -1))
    found = stands(bar([seen(best, best > 1), none], matched=True), best)
    assert found[best > 1].all()


def test_text_that_is_likely_not_english_is_left_out():
    best = np.linspace(4, 0, 100)
    english = best > 2
    found = stands(bar([seen(best, english)._replace(english=english)], matched=True), best)
    assert found[english].all()


def test_the_logit_of_a_half_is_zero():
    assert logit(0.5) == 0
    assert logit(0.35) == pytest.approx(-0.619, abs=1e-3)
