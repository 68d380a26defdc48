import math

import numpy as np
import pytest

from training.figures import Scored, calibration_error, measure, together

# Two routes; the last two prompts belong to none.
SET = Scored(np.array([[3.0, 0], [0, -2], [1, 2], [-1, -3], [0.5, 0]]), np.array([0, 1, 1, -1, -1]))


def test_a_set_is_measured_at_a_threshold():
    figures = measure(SET, 0.4)
    assert (figures.right, figures.prompts) == (3, 5)
    assert figures.top1 == pytest.approx(2 / 3)
    assert (figures.inside, figures.outside) == (pytest.approx(2 / 3), 0.5)
    assert figures.balanced == pytest.approx((2 / 3 + 0.5) / 2)


def test_auc_is_how_often_a_prompt_in_scope_scores_above_one_out_of_scope():
    assert measure(SET, 0).auc == pytest.approx((1 + 0.5 + 1) / 3)


def test_a_set_without_prompts_in_scope_has_no_rate_for_them():
    figures = measure(Scored(np.array([[1.0], [-1]]), np.array([-1, -1])), 0)
    assert (figures.outside, figures.balanced) == (0.5, 0.5)
    assert math.isnan(figures.inside)


def test_sets_count_alike_in_rates_and_by_their_prompts_in_counts():
    none = measure(Scored(np.array([[-1.0]]), np.array([-1])), 0.4)
    both = together([measure(SET, 0.4), none])
    assert (both.right, both.prompts) == (4, 6)
    assert both.outside == pytest.approx((0.5 + 1) / 2)
    assert both.inside == pytest.approx(2 / 3)


def test_scores_that_hold_have_no_calibration_error():
    sure = np.array([0.95] * 20)
    assert calibration_error(sure, np.array([True] * 19 + [False])) == pytest.approx(0, abs=1e-9)
    assert calibration_error(sure, np.array([False] * 20)) == pytest.approx(0.95)
    assert calibration_error(np.array([0.0, 1.0]), np.array([False, True])) == 0
