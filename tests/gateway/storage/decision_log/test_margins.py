import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.storage.decision_log.margins import least_change, margin

SHARES = st.floats(0, 1)


def winner(scores, thresholds):
    reached = [(score, -at) for at, (score, limit) in enumerate(zip(scores, thresholds, strict=True)) if score >= limit]
    return -max(reached)[1] if reached else None


def test_the_margin_is_what_one_score_lacks_to_turn_the_decision():
    assert least_change((0.9, 0.1), (0.5, 0.5), 0) == pytest.approx(0.4)
    assert least_change((0.9, 0.85), (0.5, 0.5), 0) == pytest.approx(0.05)
    assert least_change((0.6, 0.7), (0.5, 0.8), 0) == pytest.approx(0.1)
    assert least_change((0.2, 0.45), (0.5, 0.5), None) == pytest.approx(0.05)
    assert least_change((0.7,), (0.5,), 0) == pytest.approx(0.2)


def test_a_decision_that_scores_did_not_make_has_no_margin():
    assert margin(("a", "b"), (0.9, 0.1), (0.5, 0.5), "llm", "a") is None
    assert margin((), (), (), "embedded", None) is None


def test_the_margin_is_of_the_route_that_was_decided_for():
    assert margin(("a", "b"), (0.9, 0.1), (0.5, 0.5), "embedded", "a") == pytest.approx(0.4)
    assert margin(("a", "b"), (0.2, 0.45), (0.5, 0.5), "embedded", None) == pytest.approx(0.05)


@settings(deadline=None)
@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=5), st.data())
def test_less_than_the_margin_turns_nothing(rows, data):
    scores, thresholds = zip(*rows, strict=True)
    before = winner(scores, thresholds)
    least = least_change(scores, thresholds, before)
    assert least >= 0
    at = data.draw(st.integers(0, len(rows) - 1))
    share = data.draw(st.floats(-0.99, 0.99))
    changed = [*scores]
    changed[at] += share * least
    if least > 1e-9:
        assert winner(changed, thresholds) == before
