import pytest

from gateway.evaluation.measures import (
    by_tag,
    calibration,
    confusion,
    flips_by_kind,
    per_route,
    percentile_us,
    rates,
)
from gateway.evaluation.run import Noised, Outcome
from tests.support.outcomes import NAMES, outcome

MIXED = [
    outcome("code", "code"),
    outcome("code", "essay"),
    outcome("code", None),
    outcome("essay", "essay"),
    outcome(None, None),
    outcome(None, "code"),
    outcome(("essay", "code"), "code"),
    outcome((None, "essay"), None),
]


def test_rates_count_what_is_right_what_matched_nothing_and_what_should_have():
    found = rates(MIXED)
    assert found.count == 8
    assert found.accuracy == pytest.approx(5 / 8)
    assert found.abstain == pytest.approx(3 / 8)
    assert found.missed == pytest.approx(1 / 5)
    assert found.flips is None


def test_without_a_prompt_that_belongs_to_a_route_nothing_can_be_missed():
    assert rates([outcome(None, None)]).missed is None


def test_flips_are_counted_over_all_variants_of_all_prompts():
    found = [outcome("code", "code", noised=["code", "essay"]), outcome(None, None, noised=[None, "code"])]
    assert rates(found).flips == pytest.approx(2 / 4)


def test_flips_are_told_by_kind_and_leave_out_what_was_not_recorded():
    base = outcome("code", "code")
    noised = (Noised("typos", "essay"), Noised("typos", "code"), Noised("case", "essay", recorded=False))
    found = [Outcome(base.case, base.verdict, 1, noised), outcome("essay", "essay", noised=["essay"])]
    assert flips_by_kind(found) == {"typos": pytest.approx(1 / 3)}


def test_precision_and_recall_of_each_route_and_of_none():
    code, essay, none = per_route(confusion(MIXED), (*NAMES, None))
    assert (code.route, code.support, code.precision, code.recall) == ("code", 4, pytest.approx(2 / 3), 0.5)
    assert (essay.route, essay.support, essay.precision, essay.recall) == ("essay", 1, 0.5, 1.0)
    assert (none.route, none.support, none.precision, none.recall) == (
        None,
        3,
        pytest.approx(2 / 3),
        pytest.approx(2 / 3),
    )


def test_a_route_that_nothing_is_about_has_no_figures():
    (figures,) = per_route(confusion([outcome("code", "code")]), ("essay",))
    assert (figures.precision, figures.recall, figures.support) == (None, None, 0)


def test_of_several_expected_routes_the_one_decided_on_is_counted_else_the_first():
    assert confusion([outcome(("essay", "code"), "code"), outcome(("essay", "code"), None)]) == {
        ("code", "code"): 1,
        ("essay", None): 1,
    }


def test_outcomes_by_tag_keep_their_order_and_count_once():
    first = outcome("code", "code", tags=["b", "a", "b"])
    second = outcome("code", "code", tags=["a"])
    assert by_tag([first, second]) == {"b": [first], "a": [first, second]}


def test_scores_that_are_right_as_often_as_they_say_are_calibrated():
    found = [outcome("code", "code", scores=(0.75, 0.1))] * 3 + [outcome("essay", "code", scores=(0.75, 0.1))]
    assert calibration(found, NAMES).error == pytest.approx(0)


def test_scores_that_promise_too_much_are_told_by_how_much_and_where():
    found = [outcome("essay", "code", scores=(0.9, 0.1)), outcome("essay", None, scores=(0.1, 0.3))]
    measured = calibration(found, NAMES)
    assert [(each.low, each.high, each.count, each.confidence, each.accuracy) for each in measured.bins] == [
        (0.2, 0.4, 1, pytest.approx(0.3), 1),
        (0.8, 1.0, 1, pytest.approx(0.9), 0),
    ]
    assert measured.error == pytest.approx((0.7 + 0.9) / 2)


def test_a_score_of_one_belongs_to_the_last_bin():
    assert calibration([outcome("code", "code", scores=(1.0, 0.0))], NAMES).bins[0].high == 1.0


def test_what_an_llm_decided_has_no_calibration():
    assert calibration([outcome("code", "code")], NAMES) is None


def test_percentiles_are_of_the_time_of_a_decision():
    found = [outcome("code", "code", elapsed_us=float(time)) for time in range(1, 102)]
    assert percentile_us(found, 50) == 51
    assert percentile_us(found, 95) == 96
