import pytest

from filters.routing.classifier import Route, Skipped, Verdict
from filters.routing.explain import explain_unclassified, explain_verdict

ONE, TWO = Route("one", "first", ("a/b",)), Route("two", "second", ("c/d",))


def test_an_explanation_ranks_the_routes_and_tells_what_would_change_the_decision():
    verdict = Verdict(TWO, "embedded", scores=(0.25, 0.912345), thresholds=(0.7, 0.8), elapsed_us={"embedded": 80})
    assert explain_verdict(verdict, (ONE, TWO), TWO.models) == {
        "candidates": ["c/d"],
        "routes": [
            {"name": "two", "score": 0.9123, "threshold": 0.8},
            {"name": "one", "score": 0.25, "threshold": 0.7},
        ],
        "threshold": 0.8,
        "margin": 0.6623,
        "runner_up": "one",
        "flips_at": 0.9123,
        "decided_by": "embedded",
        "others": [],
        "skipped": [],
        "elapsed_us": {"embedded": 80},
    }


def test_one_route_has_no_runner_up():
    explained = explain_verdict(Verdict(None, "none", scores=(0.5,), thresholds=(0.7,)), (ONE,), ())
    assert explained["margin"] is None
    assert explained["runner_up"] is None
    assert explained["flips_at"] == pytest.approx(0.5)


def test_what_was_skipped_is_told_with_its_reason():
    verdict = Verdict(ONE, "embedded", skipped=(Skipped("llm", "timeout"),), others=("two",))
    explained = explain_verdict(verdict, (ONE, TWO), ONE.models)
    assert explained["skipped"] == [{"stage": "llm", "reason": "timeout"}]
    assert explained["others"] == ["two"]
    assert explained["routes"] == []


def test_every_explanation_has_the_same_keys():
    classified = explain_verdict(Verdict(None, "none"), (), ())
    pinned = explain_unclassified("pin", ("a/b",), "classifier", "the session is pinned")
    assert classified.keys() == pinned.keys()
    assert pinned["decided_by"] == "pin"
