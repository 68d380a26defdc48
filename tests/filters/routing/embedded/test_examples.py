import re
from importlib.resources import files

import numpy as np
import pytest

from filters.routing.classifier import Route
from filters.routing.embedded import accurate, model
from filters.routing.embedded.examples import Examples, describe, learn
from filters.routing.embedded.model import load

GARDEN = Route(
    "garden",
    "plants and gardens",
    (),
    (
        "when do i cut back roses",
        "my tomatoes have brown leaves",
        "which soil do blueberries like",
        "how deep do i plant tulips",
    ),
)
SAILING = Route(
    "sailing",
    "boats and sailing",
    (),
    (
        "how do i reef the mainsail",
        "which knot holds a fender",
        "what does the red buoy mean",
        "tide times for the harbour",
    ),
)
CHESS = Route("chess", "chess openings, tactics and endgames", ())


def without_examples(route):
    return Route(route.name, route.description, ())


def heads(*routes):
    described = describe(load(), routes)
    examples = Examples.of(load(), routes)
    return described, learn(load(), described, examples) if len(examples.owners) else described


def logits(head, text):
    return head.matrix @ load().query(text) + head.bias


def test_examples_are_read_in_order_with_the_route_of_each():
    examples = Examples.of(load(), (GARDEN, CHESS, SAILING))
    assert examples.vectors.shape == (8, load().size)
    assert examples.owners.tolist() == [0, 0, 0, 0, 2, 2, 2, 2]
    np.testing.assert_allclose(examples.vectors[4], load().query(SAILING.examples[0]), atol=1e-5)


def test_routes_without_examples_give_none():
    examples = Examples.of(load(), (CHESS,))
    assert examples.vectors.shape == (0, load().size)
    assert examples.owners.tolist() == []


def test_descriptions_alone_are_the_vectors_of_the_routes():
    head = describe(load(), (GARDEN, CHESS))
    np.testing.assert_array_equal(head.matrix[1], load().route("chess", CHESS.description))
    assert head.bias.tolist() == [load().bias] * 2


@pytest.mark.parametrize("route", [0, 1])
def test_the_examples_themselves_become_surer(route):
    described, learned = heads(GARDEN, SAILING)
    for text in (GARDEN, SAILING)[route].examples:
        assert logits(learned, text).argmax() == route
        assert logits(learned, text)[route] > 1
    unsure = [text for text in (GARDEN, SAILING)[route].examples if logits(described, text)[route] < 1]
    assert unsure


def test_prompts_like_the_examples_go_to_their_route():
    _, learned = heads(GARDEN, SAILING, CHESS)
    assert logits(learned, "my roses have brown leaves, what now").argmax() == 0
    assert logits(learned, "which knot do i use for the harbour").argmax() == 1


def test_what_belongs_to_no_route_stays_out():
    _, learned = heads(GARDEN, SAILING, CHESS)
    for text in ("what is the capital of peru", "write a sorting function", "hello", "how tall is the eiffel tower"):
        assert logits(learned, text).max() < 1


def test_a_route_without_examples_keeps_what_its_description_says():
    described, learned = heads(GARDEN, SAILING, CHESS)
    text = "what is the best answer to the sicilian defence, a sharp chess opening"
    assert logits(learned, text).argmax() == 2
    assert logits(learned, text)[2] == pytest.approx(logits(described, text)[2], abs=1.5)


def test_one_example_moves_less_than_four():
    text = "my roses need new soil"
    one = Route(GARDEN.name, GARDEN.description, (), GARDEN.examples[:1])
    described, by_one = heads(one, without_examples(SAILING), CHESS)
    _, by_four = heads(GARDEN, SAILING, CHESS)
    from_description = [np.abs(head.matrix - described.matrix).max() for head in (by_one, by_four)]
    assert from_description[0] < from_description[1]
    assert logits(by_one, text).argmax() == 0


def test_a_description_that_claims_everything_is_not_taught_that_everything_is_none():
    catch_all = Route(
        "general",
        "general questions, explanations, and summaries",
        (),
        ("who invented the radio", "summarise this page", "why is grass green", "explain how a fridge works"),
    )
    _, learned = heads(catch_all, CHESS)
    assert logits(learned, "explain how a bicycle stays upright")[0] > 1


def test_examples_of_one_route_alone_are_enough():
    _, learned = heads(GARDEN)
    assert logits(learned, "my tomatoes have brown spots")[0] > 1
    assert logits(learned, "what is the capital of peru")[0] < 1


def test_the_background_page_says_where_its_prompts_come_from():
    page = files("filters.routing.embedded").joinpath("BACKGROUND.md").read_text(encoding="utf-8")
    prompts = re.findall(r"^- (.+)$", page, re.MULTILINE)
    assert "Provenance" in page
    assert len(prompts) == len(set(prompts)) > 300


@pytest.mark.parametrize("load", [model.load, accurate.load])
@pytest.mark.parametrize(("count", "more"), [(1, 0), (16, 0), (32, 1 / 2), (80, 4 / 5)])
def test_from_sixteen_routes_on_the_raw_likeness_counts_more_the_more_routes_there_are(load, count, more):
    encoder = load()
    routes = tuple(Route(f"r{number}", "plants", ()) for number in range(count))
    head = describe(encoder, routes)
    plain = encoder.route(routes[0].name, routes[0].description)
    query = encoder.query("when do i cut back roses")
    likeness = query[encoder.likeness] @ plain[encoder.likeness]
    most = np.square(plain[encoder.likeness]).sum()
    wanted = query @ plain + encoder.bias - max(np.log(count / 8), 0) + more * (likeness - 0.3 * most)
    assert head.matrix[0] @ query + head.bias[0] == pytest.approx(wanted, abs=1e-3)


def test_describing_routes_leaves_the_vectors_that_an_encoder_remembers_as_they_are():
    encoder = accurate.load()
    routes = tuple(Route(f"r{number}", "plants", ()) for number in range(40))
    before = encoder.route(routes[0].name, routes[0].description).copy()
    first, second = (describe(encoder, routes) for _ in range(2))
    np.testing.assert_array_equal(encoder.route(routes[0].name, routes[0].description), before)
    np.testing.assert_array_equal(first.matrix, second.matrix)


def test_no_routes_are_a_head_without_rows():
    head = describe(model.load(), ())
    assert head.matrix.shape == (0, model.load().size)
    assert head.bias.shape == (0,)
