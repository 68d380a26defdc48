import contextlib

import pytest

from filters.errors import DownstreamError
from filters.routing.classifier import Route
from filters.routing.inline import (
    MAX_EXAMPLES,
    MAX_MODELS,
    MAX_NAME,
    MAX_ROUTES,
    MAX_TEXT,
    InlineRoutes,
    brings_routes,
    read_inline,
)
from tests.support.classifiers import WordClassifier
from tests.support.costs import took as cost

PREFS = "routing_preferences"
GENERAL = {"name": "general", "description": "general questions", "models": ["openai/gpt-4o"]}


def test_a_body_without_routes_of_its_own_says_nothing():
    assert read_inline({"messages": []}) is None
    assert read_inline({"routing_preferences": None}) is None


@pytest.mark.parametrize("field", ["routing_preferences", "routing_policy"])
def test_a_body_that_has_a_field_for_routes_is_read(field):
    assert brings_routes({"messages": [], field: []})
    assert brings_routes({field: None})
    assert not brings_routes({"messages": [{"role": "user", "content": field}]})


def test_an_empty_list_means_no_routes():
    assert read_inline({"routing_preferences": []}) == ()


def test_preferences_become_routes():
    prefs = [{**GENERAL, "selection_policy": {"prefer": "cheapest"}, "examples": ["why?"], "threshold": 0.5}]
    assert read_inline({"routing_preferences": prefs}) == (
        Route("general", "general questions", ("openai/gpt-4o",), ("why?",), 0.5, "cheapest"),
    )


def test_the_older_form_lists_routes_under_models():
    policy = [
        {"model": "a/b", "routing_preferences": [{"name": "x", "description": "the x"}]},
        {
            "model": "c/d",
            "routing_preferences": [{"name": "x", "description": "the x"}, {"name": "y", "description": "y"}],
        },
    ]
    assert read_inline({"routing_policy": policy}) == (
        Route("x", "the x", ("a/b", "c/d")),
        Route("y", "y", ("c/d",)),
    )


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("routing_preferences", {}, "routing_preferences"),
        ("routing_preferences", "secret", "routing_preferences"),
        ("routing_preferences", [7], "routing_preferences[0]"),
        ("routing_preferences", [{**GENERAL, "models": []}], "routing_preferences[0].models"),
        ("routing_preferences", [{**GENERAL, "models": [1]}], "routing_preferences[0].models[0]"),
        ("routing_preferences", [{**GENERAL, "name": ""}], "routing_preferences[0].name"),
        ("routing_preferences", [{"name": "x", "models": ["a/b"]}], "routing_preferences[0].description"),
        ("routing_preferences", [{**GENERAL, "secret": 1}], "routing_preferences[0].secret"),
        ("routing_preferences", [GENERAL, GENERAL], "routing_preferences[1].name"),
        ("routing_preferences", [GENERAL] * (MAX_ROUTES + 1), "routing_preferences"),
        ("routing_preferences", [{**GENERAL, "examples": ["x"] * (MAX_EXAMPLES + 1)}], "routing_preferences"),
        ("routing_policy", [7], "routing_policy[0].model"),
        ("routing_policy", [{"model": "a/b"}], "routing_policy[0].routing_preferences"),
        (
            "routing_policy",
            [{"model": "a/b", "routing_preferences": [{}]}],
            "routing_policy[0].routing_preferences[0].name",
        ),
        (
            "routing_policy",
            [{"model": "a/b", "routing_preferences": [{"name": "x"}]}],
            "routing_policy[0].routing_preferences[0].description",
        ),
    ],
)
def test_an_invalid_route_is_a_400_that_names_the_field_and_repeats_nothing(field, value, param):
    with pytest.raises(DownstreamError) as caught:
        read_inline({field: value})
    assert caught.value.status == 400
    assert caught.value.param == param
    assert param.rpartition(".secret")[0] or "secret" not in caught.value.message


TWO = [{"model": "a/b", "routing_preferences": [{"name": "x", "description": "x"}, {"name": "y"}]}]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        (PREFS, [7], "[0] must be an object with name, description and models."),
        (PREFS, [{}], "[0].name: is missing."),
        (PREFS, [GENERAL, {**GENERAL, "name": "", "secret": 1}], "[1].name: must not be empty."),
        (PREFS, [{**GENERAL, "models": []}], "[0].models: must not be empty."),
        (PREFS, [{**GENERAL, "models": "openai/gpt-4o"}], "[0].models: must be a list, as [a, b]."),
        (PREFS, [{**GENERAL, "description": None}], "[0].description: has no value, and is required."),
        (PREFS, [{**GENERAL, "treshold": 0.5}], "[0].treshold: unknown key; did you mean 'threshold'?"),
        (PREFS, [{**GENERAL, "threshold": 2}], "[0].threshold: must be less than or equal to 1, not 2."),
        (PREFS, [{**GENERAL, "threshold": -0.1}], "[0].threshold: must be greater than or equal to 0, not -0.1."),
        (
            PREFS,
            [{**GENERAL, "selection_policy": {"prefer": "secret"}}],
            "[0].selection_policy.prefer: must be one of none, cheapest, fastest.",
        ),
        ("routing_policy", TWO, "[0].routing_preferences[1].description: is missing."),
    ],
)
def test_what_is_wrong_with_a_route_is_said_in_words_with_its_place_in_the_body(field, value, told):
    with pytest.raises(DownstreamError) as caught:
        read_inline({field: value})
    assert caught.value.message == field + told
    assert told.startswith(caught.value.param.removeprefix(field))


async def test_the_same_routes_are_bound_once():
    inline = InlineRoutes(WordClassifier())
    routes = read_inline({"routing_preferences": [GENERAL]})
    assert await inline.bind(routes) is await inline.bind(list(routes))


async def test_what_is_kept_is_bounded():
    inline = InlineRoutes(WordClassifier())
    first = (Route("r", "first", ("a/b",)),)
    kept = await inline.bind(first)
    for number in range(64):
        await inline.bind((Route("r", f"number {number}", ("a/b",)),))
    assert await inline.bind(first) is not kept
    large = tuple(Route(f"r{number}", "x" * 1000, ("a/b",)) for number in range(50))
    assert await inline.bind(large) is not await inline.bind(large)
    assert (await inline.bind(large)).routes == large


def policy(models, names):
    return [
        {"model": model, "routing_preferences": [{"name": n, "description": "d"} for n in names]} for model in models
    ]


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("routing_preferences", [{**GENERAL, "name": "n" * (MAX_NAME + 1)}], "routing_preferences[0].name"),
        ("routing_preferences", [{**GENERAL, "models": ["a/" + "b" * MAX_NAME]}], "routing_preferences[0].models[0]"),
        ("routing_preferences", [{**GENERAL, "models": ["a/b"] * (MAX_MODELS + 1)}], "routing_preferences[0].models"),
        ("routing_preferences", [{**GENERAL, "description": "d" * (MAX_TEXT + 1)}], "routing_preferences"),
        ("routing_preferences", [{**GENERAL, "examples": ["d" * MAX_TEXT]}], "routing_preferences"),
        ("routing_policy", policy(["a/b"], map(str, range(MAX_ROUTES + 1))), "routing_policy"),
        (
            "routing_policy",
            policy(map(str, range(MAX_MODELS + 1)), ["x"]),
            "routing_policy[0].routing_preferences[0].models",
        ),
        ("routing_policy", policy(["a/b"], ["n" * (MAX_NAME + 1)]), "routing_policy[0].routing_preferences[0].name"),
    ],
)
def test_what_is_too_long_or_too_many_is_a_400_that_says_how_much_is_too_much(field, value, param):
    with pytest.raises(DownstreamError, match="the most is") as caught:
        read_inline({field: value})
    assert (caught.value.status, caught.value.param) == (400, param)


def test_what_is_just_within_the_limits_is_taken():
    whole = {"name": "n" * MAX_NAME, "description": "d", "models": [f"{i:0{MAX_NAME}}" for i in range(MAX_MODELS)]}
    assert len(read_inline({"routing_preferences": [whole]})) == 1
    assert len(read_inline({"routing_policy": policy(["a/b"], map(str, range(MAX_ROUTES)))})) == MAX_ROUTES


@pytest.mark.parametrize("field", ["routing_preferences", "routing_policy"])
def test_ten_times_the_routes_take_ten_times_as_long_at_most(field):
    def took(count):
        names = [f"route {number}" for number in range(count)]
        routes = (
            [{**GENERAL, "name": name} for name in names] if field == "routing_preferences" else policy(["m"], names)
        )
        return cost(lambda: refused(field, routes), 5)

    assert took(1000) < 20 * took(100) + 0.002
    assert took(100_000) < 20 * took(1000) + 0.002


def refused(field, value):
    with contextlib.suppress(DownstreamError):
        read_inline({field: value})
