import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.routing.classifier import Route
from gateway.pricing.ranking import Ranking

MODELS = ("p/a", "p/b", "p/c", "p/d")


@pytest.fixture
def ranking():
    return Ranking((), {}.get)


def test_without_a_policy_the_models_are_the_same_and_as_they_were(ranking):
    ranking.update("cheapest", 0, {"p/b": 1.0})
    assert ranking.rank(MODELS, "none") is MODELS


def test_without_data_the_models_stay_in_order(ranking):
    assert ranking.rank(MODELS, "cheapest") == ranking.rank(MODELS, "fastest") == MODELS


def test_the_cheapest_or_the_fastest_is_first(ranking):
    ranking.update("cheapest", 0, {"p/a": 3.0, "p/b": 1.0, "p/c": 2.0, "p/d": 0.0})
    ranking.update("fastest", 1, {"p/a": 0.1, "p/b": 0.4, "p/c": 0.3, "p/d": 0.2})
    assert ranking.rank(MODELS, "cheapest") == ("p/d", "p/b", "p/c", "p/a")
    assert ranking.rank(MODELS, "fastest") == ("p/a", "p/d", "p/c", "p/b")


def test_models_without_data_are_last_in_configured_order(ranking):
    ranking.update("cheapest", 0, {"p/d": 2.0, "p/b": 5.0})
    assert ranking.rank(MODELS, "cheapest") == ("p/d", "p/b", "p/a", "p/c")


def test_models_that_cost_the_same_stay_in_order(ranking):
    ranking.update("cheapest", 0, dict.fromkeys(reversed(MODELS), 1.0))
    assert ranking.rank(MODELS, "cheapest") == MODELS


def test_an_update_replaces_all_that_its_source_gave(ranking):
    ranking.update("cheapest", 0, {"p/b": 1.0})
    ranking.update("cheapest", 0, {"p/c": 1.0})
    assert ranking.rank(MODELS, "cheapest") == ("p/c", "p/a", "p/b", "p/d")


def test_of_two_sources_the_later_one_counts_whichever_came_first(ranking):
    ranking.update("cheapest", 2, {"p/b": 9.0})
    ranking.update("cheapest", 10, {"p/c": 1.0})
    ranking.update("cheapest", 1, {"p/b": 1.0, "p/a": 5.0, "p/c": 7.0})
    assert ranking.rank(MODELS, "cheapest") == ("p/c", "p/a", "p/b", "p/d")


def test_a_model_that_a_request_calls_by_another_name_has_the_same_price():
    ranking = Ranking((), {"smart": "p/a", "quick": "p/b"}.get)
    ranking.update("cheapest", 0, {"p/a": 5.0, "p/b": 1.0})
    assert ranking.rank(("smart", "unknown", "quick"), "cheapest") == ("quick", "smart", "unknown")


def test_the_models_of_a_policy_that_nothing_is_known_of_are_told():
    routes = (
        Route("one", "", ("p/a", "p/b"), prefer="cheapest"),
        Route("two", "", ("p/c", "p/b"), prefer="cheapest"),
        Route("three", "", ("p/d",), prefer="fastest"),
        Route("four", "", ("p/e",)),
    )
    ranking = Ranking(routes, {}.get)
    assert ranking.without_data("cheapest") == ["p/a", "p/b", "p/c"]
    ranking.update("cheapest", 0, {"p/a": 0.0, "p/c": 1.0})
    assert ranking.without_data("cheapest") == ["p/b"]
    assert ranking.without_data("fastest") == ["p/d"]


PRICES = st.dictionaries(st.sampled_from("abcdef"), st.floats(min_value=0, max_value=100))


@given(models=st.permutations("abcdef"), prices=PRICES)
def test_a_ranking_holds_every_model_once_ascending_and_stable(models, prices):
    ranking = Ranking((), {}.get)
    ranking.update("fastest", 0, prices)
    ranked = ranking.rank(models, "fastest")
    keys = [(prices.get(model, float("inf")), models.index(model)) for model in ranked]
    assert sorted(ranked) == sorted(models)
    assert keys == sorted(keys)
