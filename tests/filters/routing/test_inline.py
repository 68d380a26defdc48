import pytest

from filters.errors import DownstreamError
from filters.routing.classifier import Route
from filters.routing.inline import MAX_EXAMPLES, MAX_ROUTES, InlineRoutes, read_inline
from tests.support.classifiers import WordClassifier

GENERAL = {"name": "general", "description": "general questions", "models": ["openai/gpt-4o"]}


def test_a_body_without_routes_of_its_own_says_nothing():
    assert read_inline({"messages": []}) is None
    assert read_inline({"routing_preferences": None}) is None


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
        ("routing_policy", [{"model": "a/b", "routing_preferences": [{"name": "x"}]}], "routing_policy[0].description"),
    ],
)
def test_an_invalid_route_is_a_400_that_names_the_field_and_repeats_nothing(field, value, param):
    with pytest.raises(DownstreamError) as caught:
        read_inline({field: value})
    assert caught.value.status == 400
    assert caught.value.param == param
    assert param.rpartition(".secret")[0] or "secret" not in caught.value.message


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
