import re
from importlib.resources import files

import numpy as np
import pytest

from filters.routing.classifier import Route
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
    model = load()
    described = describe(model, routes)
    examples = Examples.of(model, routes)
    return described, learn(model, described, examples) if len(examples.owners) else described


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


def test_from_eight_routes_on_each_logit_loses_by_their_number():
    routes = [Route(f"r{number}", "plants", ()) for number in range(80)]
    biases = [describe(load(), tuple(routes[:count])).bias[0] for count in (1, 8, 16, 80)]
    assert biases[0] == biases[1] == load().bias
    assert biases[0] - biases[2] == pytest.approx(np.log(2))
    assert biases[2] > biases[3]
