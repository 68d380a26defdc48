import pytest
from pydantic import ValidationError

from filters.routing.classifier import Route
from filters.routing.config import RoutePreference, RoutingConfig

ROUTE = {"name": "code", "description": "writing code", "models": ["openai/gpt-4o"]}


def test_a_route_is_what_classifiers_know():
    preference = RoutePreference.model_validate(
        ROUTE | {"examples": ["a"], "threshold": 0.7, "selection_policy": {"prefer": "cheapest"}}
    )
    assert preference.route() == Route("code", "writing code", ("openai/gpt-4o",), ("a",), 0.7, "cheapest")
    assert RoutePreference.model_validate(ROUTE).route() == Route("code", "writing code", ("openai/gpt-4o",))


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"description": " "},
        {"models": []},
        {"threshold": 1.5},
        {"threshold": -0.1},
        {"examples": "a"},
        {"examples": [""]},
        {"selection_policy": {"prefer": "best"}},
        {"model": "x"},
    ],
)
def test_a_route_that_cannot_match_or_serve_is_refused(change):
    with pytest.raises(ValidationError):
        RoutePreference.model_validate(ROUTE | change)


def test_the_embedded_classifier_decides_unless_told_otherwise():
    plain = RoutingConfig()
    assert (plain.classifier, plain.apply_to, plain.threshold) == ("embedded", "all", None)
    assert plain.llm.timeout_ms == 2000


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"classifier": "llm"}, "classifier llm needs llm.model"),
        ({"classifier": "cascade"}, "classifier cascade needs llm.model"),
        ({"llm": {"base_url": "http://h"}}, "base_url needs a model"),
        ({"llm": {"model": "m", "base_url": "h"}}, "'h' has no scheme; it begins with http://"),
        ({"llm": {"template": "archer"}}, "'auto', 'arch', 'orchestrator' or 'general'"),
        ({"cascade": {"low": 0.9, "high": 0.1}}, "low is above high"),
        ({"cascade": {"margin": 2}}, "less than or equal to 1"),
        ({"threshold": 1.01}, "less than or equal to 1"),
        ({"budget_ms": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_work_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        RoutingConfig.model_validate(keys)
