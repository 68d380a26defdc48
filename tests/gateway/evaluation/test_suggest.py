from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.routing.classifier import Prompt, Verdict
from filters.routing.embedded.choice import EmbeddedClassifier
from gateway.evaluation.suggest import Sample, suggest_each, suggest_shared
from tests.support.outcomes import ROUTES, case

DEFAULT = 0.7


def sample(rows, routes=ROUTES):
    """Make a sample of rows: what is expected, and the scores of code and essay."""
    cases = [case(*(expected if isinstance(expected, tuple) else (expected,)), line=line)
             for line, (expected, *_) in enumerate(rows, 1)]  # fmt: skip
    thresholds = tuple(DEFAULT if route.threshold is None else route.threshold for route in routes)
    verdicts = [Verdict(None, "embedded", scores=tuple(scores), thresholds=thresholds) for _, *scores in rows]
    return Sample.of(routes, cases, verdicts)


def test_a_shared_threshold_is_put_in_the_middle_of_the_gap():
    found = suggest_shared(sample([("code", 0.6, 0.1), ("essay", 0.1, 0.5), (None, 0.2, 0.1), (None, 0.1, 0.1)]))
    (proposal,) = found.proposals
    assert (proposal.route, proposal.current, proposal.proposed) == (None, DEFAULT, 0.33)
    assert proposal.gap == (0.2, 0.5)
    assert (found.before, found.after) == (0.5, 1.0)


def test_what_would_change_is_told_case_by_case():
    found = suggest_shared(sample([("code", 0.6, 0.1), ("essay", 0.1, 0.5), (None, 0.1, 0.1), (None, 0.55, 0.1)]))
    assert [(change.case.line, change.before, change.after) for change in found.changes] == [
        (1, None, "code"),
        (2, None, "essay"),
        (4, None, "code"),
    ]
    assert (found.before, found.after) == (0.5, 0.75)


def test_nothing_is_proposed_where_nothing_is_gained():
    for suggest in (suggest_shared, suggest_each):
        found = suggest(sample([("code", 0.8, 0.1), (None, 0.2, 0.1)]))
        assert (found.proposals, found.changes) == ((), ())
        assert found.before == found.after == 1.0


def test_a_route_gets_its_own_threshold_where_that_mends_more_than_two_cases():
    rows = [("code", 0.4, 0.1), ("essay", 0.1, 0.95), (None, 0.1, 0.9), (None, 0.3, 0.1)]
    assert suggest_each(sample(rows * 2)).after == 0.75
    found = suggest_each(sample(rows * 3))
    assert found.after == 1.0
    shared, own = found.proposals
    assert (shared.route, shared.proposed, shared.gap) == (None, 0.93, (0.9, 0.95))
    assert (own.route, own.proposed, own.gap) == ("code", 0.35, (0.3, 0.4))


def test_a_case_that_is_right_either_way_does_not_narrow_the_gap():
    found = suggest_shared(sample([("code", 0.6, 0.1), (("code", None), 0.4, 0.1), (None, 0.2, 0.1)]))
    assert found.proposals[0].gap == (0.2, 0.6)


def test_a_route_that_takes_from_another_is_held_back():
    found = suggest_each(
        sample([("essay", 0.9, 0.8), ("essay", 0.85, 0.75), ("essay", 0.8, 0.75), ("code", 0.99, 0.1)])
    )
    (proposal,) = found.proposals
    assert proposal.route == "code"
    assert 0.9 < proposal.proposed <= 0.99


def test_a_shared_threshold_leaves_routes_their_own():
    routes = (replace(ROUTES[0], threshold=0.9), ROUTES[1])
    found = suggest_shared(sample([("essay", 0.1, 0.5), (None, 0.6, 0.1)], routes))
    assert found.after == 1.0
    assert found.proposals[0].proposed < 0.5


def test_where_every_route_has_its_own_there_is_no_shared_one_to_propose():
    routes = tuple(replace(route, threshold=0.9) for route in ROUTES)
    assert suggest_shared(sample([("code", 0.8, 0.1)], routes)).proposals == ()


@pytest.mark.parametrize("expected", ["code", None])
def test_prompts_of_one_kind_alone_can_be_fitted_to(expected):
    score = 0.5 if expected else 0.8
    found = suggest_shared(sample([(expected, score, 0.1)]))
    assert (found.before, found.after) == (0.0, 1.0)


def test_any_of_several_expected_routes_will_do():
    assert suggest_each(sample([(("code", None), 0.5, 0.1), (("essay", "code"), 0.9, 0.1)])).before == 1.0


def test_a_threshold_with_little_room_keeps_as_many_digits_as_it_needs():
    found = suggest_shared(sample([("code", 0.5004, 0.1), (None, 0.5001, 0.1)]))
    assert found.proposals[0].proposed == pytest.approx(0.50025, abs=0.0001)
    assert found.after == 1.0


def test_what_is_promised_is_what_the_classifier_then_does():
    texts = {
        "write a python function": "code",
        "sort these numbers in C": "code",
        "a letter to my landlord": "essay",
        "an essay on Hamlet": "essay",
        "good morning": None,
        "what is the capital of Peru": None,
    }
    cases = [case(expected, text=text) for text, expected in texts.items()]

    def verdicts(routes):
        bound = EmbeddedClassifier(0.999).bind(routes)
        return [bound.decide(Prompt(each.text)) for each in cases]

    found = suggest_shared(Sample.of(ROUTES, cases, verdicts(ROUTES)))
    (proposal,) = found.proposals
    tuned = [replace(route, threshold=proposal.proposed) for route in ROUTES]
    right = [each.route and each.route.name for each in verdicts(tuned)]
    hits = np.array([name in case.expected for name, case in zip(right, cases, strict=True)])
    outside = np.array([None in case.expected for case in cases])
    assert found.after > found.before
    assert found.after == pytest.approx((hits[outside].mean() + hits[~outside].mean()) / 2)


PROBABILITIES = st.floats(0.0, 1.0, allow_nan=False).map(lambda value: round(value, 3))
EXPECTED = st.sampled_from(["code", "essay", None, ("code", None), ("code", "essay")])
ROWS = st.lists(st.tuples(EXPECTED, PROBABILITIES, PROBABILITIES), min_size=1, max_size=30)


def decided(row, thresholds):
    """Decide as the classifier does: the best of the routes that reach their thresholds."""
    reached = [
        (score, -at) for at, (score, least) in enumerate(zip(row[1:], thresholds, strict=True)) if score >= least
    ]
    return ROUTES[-max(reached)[1]].name if reached else None


def balanced(rows, thresholds):
    """Return the mean of the shares of right decisions, about prompts with a right route and without one."""
    shares = []
    for outside in (True, False):
        hits = [
            decided(row, thresholds) in among
            for row in rows
            if (None in (among := row[0] if isinstance(row[0], tuple) else (row[0],))) == outside
        ]
        shares += [sum(hits) / len(hits)] if hits else []
    return sum(shares) / len(shares)


def proposed(found):
    """Return the thresholds that are proposed, by route."""
    return [
        next(
            (each.proposed for each in found.proposals if each.route == route.name),
            next((each.proposed for each in found.proposals if each.route is None), DEFAULT),
        )
        for route in ROUTES
    ]


@pytest.mark.parametrize("suggest", [suggest_shared, suggest_each])
@given(rows=ROWS)
@settings(deadline=None)
def test_whatever_the_prompts_what_is_proposed_decides_them_as_well_as_it_says(suggest, rows):
    found = suggest(sample(rows))
    assert found.before == pytest.approx(balanced(rows, (DEFAULT, DEFAULT)))
    assert found.after == pytest.approx(balanced(rows, proposed(found)))
    assert found.after >= found.before
    assert bool(found.proposals) == (found.after > found.before + 1e-9) or suggest is suggest_each


@pytest.mark.parametrize("suggest", [suggest_shared, suggest_each])
@given(rows=ROWS)
@settings(deadline=None)
def test_anything_in_the_gap_decides_alike_and_what_is_proposed_lies_in_it(suggest, rows):
    found = suggest(sample(rows))
    assert all(each.gap[0] < each.proposed <= each.gap[1] for each in found.proposals)
    assert all(0.0 < each.proposed < 1.0 for each in found.proposals)
    if suggest is suggest_shared and found.proposals:
        low, high = found.proposals[0].gap
        for threshold in (high, low + (high - low) / 3):
            assert balanced(rows, (threshold, threshold)) == pytest.approx(found.after)


@pytest.mark.parametrize("suggest", [suggest_shared, suggest_each])
@given(rows=ROWS)
@settings(deadline=None)
def test_the_changes_are_the_prompts_about_which_something_else_is_decided(suggest, rows):
    found = suggest(sample(rows))
    before, after = ([decided(row, at) for row in rows] for at in ((DEFAULT, DEFAULT), proposed(found)))
    changed = [(line, *each) for line, each in enumerate(zip(before, after, strict=True), 1) if each[0] != each[1]]
    assert [(change.case.line, change.before, change.after) for change in found.changes] == changed
