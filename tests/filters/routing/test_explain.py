import pytest

from filters.routing.classifier import NearestExample, Prompt, Route, Skipped, Verdict
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.explain import explain_unclassified, explain_verdict

ONE, TWO = Route("one", "first", ("a/b",)), Route("two", "second", ("c/d",))
PROMPT = Prompt("some words of a caller")


class Bound:
    """Routes, without examples."""

    def __init__(self, *routes):
        self.routes = routes

    async def classify(self, prompt):
        raise AssertionError


class WithExamples(Bound):
    def nearest_example(self, prompt):
        return NearestExample(1, 3, 0.51239)


def explain(verdict, bound=None, prompt=PROMPT):
    return explain_verdict(verdict, bound or Bound(ONE, TWO), prompt, verdict.route.models if verdict.route else ())


def test_an_explanation_ranks_the_routes_and_tells_what_would_change_the_decision():
    verdict = Verdict(TWO, "embedded", scores=(0.25, 0.912345), thresholds=(0.7, 0.8), elapsed_us={"embedded": 80})
    assert explain(verdict) == {
        "candidates": ["c/d"],
        "routes": [
            {"name": "two", "score": 0.9123, "threshold": 0.8},
            {"name": "one", "score": 0.25, "threshold": 0.7},
        ],
        "threshold": 0.8,
        "margin": 0.6623,
        "runner_up": "one",
        "flips_at": 0.9123,
        "nearest_example": None,
        "decided_by": "embedded",
        "others": [],
        "skipped": [],
        "elapsed_us": {"embedded": 80},
    }


def test_where_nothing_matched_it_is_about_the_best_route():
    explained = explain(Verdict(None, "embedded", scores=(0.25, 0.6), thresholds=(0.7, 0.8)))
    assert (explained["threshold"], explained["runner_up"], explained["flips_at"]) == (0.8, "one", 0.6)


def test_a_better_route_that_missed_its_own_threshold_is_the_runner_up_and_ahead():
    explained = explain(Verdict(ONE, "embedded", scores=(0.75, 0.85), thresholds=(0.7, 0.9)))
    assert (explained["threshold"], explained["flips_at"]) == (0.7, 0.75)
    assert (explained["runner_up"], explained["margin"]) == ("two", -0.1)


@pytest.mark.parametrize("decided_by", ["llm", "none"])
def test_no_threshold_turns_what_no_threshold_decided(decided_by):
    explained = explain(Verdict(ONE, decided_by, scores=(0.1, 0.5), thresholds=(0.7, 0.7)))
    assert explained["flips_at"] is None
    assert explained["runner_up"] == "one"


def test_the_decision_does_turn_where_it_is_said_to():
    def decide(threshold):
        routes = [Route("code", "writing code", (), threshold=threshold), Route("poems", "writing poems", ())]
        bound = EmbeddedClassifier().bind(routes)
        verdict = bound.decide(prompt)
        return verdict.route, explain_verdict(verdict, bound, prompt, ())["flips_at"]

    prompt = Prompt("explain what my loop does")
    matched, at = decide(0.0)
    assert matched.name == "code"
    assert decide(at - 0.0001)[0].name == "code"
    missed, same = decide(at + 0.0001)
    assert (missed, same) == (None, at)


def test_one_route_has_no_runner_up():
    explained = explain(Verdict(None, "embedded", scores=(0.5,), thresholds=(0.7,)), Bound(ONE))
    assert explained["margin"] is None
    assert explained["runner_up"] is None
    assert explained["flips_at"] == pytest.approx(0.5)


def test_the_nearest_example_is_named_by_its_place():
    nearest = {"route": "two", "index": 3, "similarity": 0.5124}
    assert explain(Verdict(None, "embedded"), WithExamples(ONE, TWO))["nearest_example"] == nearest


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_blank_turn_is_near_to_nothing(text):
    assert explain(Verdict(None, "none"), WithExamples(ONE, TWO), Prompt(text))["nearest_example"] is None


def test_what_was_skipped_is_told_with_its_reason():
    verdict = Verdict(ONE, "embedded", skipped=(Skipped("llm", "timeout"),), others=("two",))
    explained = explain(verdict)
    assert explained["skipped"] == [{"stage": "llm", "reason": "timeout"}]
    assert explained["others"] == ["two"]
    assert explained["routes"] == []


def test_every_explanation_has_the_same_keys():
    classified = explain(Verdict(None, "none"))
    pinned = explain_unclassified("pin", ("a/b",), "classifier", "the session is pinned")
    assert list(classified) == list(pinned)
    assert pinned["decided_by"] == "pin"
