import pytest

from filters.routing.classifier import Prompt, Route
from filters.routing.embedded.choice import EmbeddedClassifier
from gateway.evaluation.nearest import Likeness, Nearest, concepts
from gateway.evaluation.run import Evaluation
from tests.support.classifiers import WordClassifier
from tests.support.outcomes import ROUTES, case

FAST = EmbeddedClassifier(encoder="fast")


def test_the_concepts_are_kinds_of_prompts_each_named_once():
    found = concepts()
    assert len({route.name + route.description for route in found}) == len(found) >= 200
    assert all(route.name.strip() and not route.models for route in found)


def test_an_example_of_a_route_is_named_with_its_text():
    routes = (
        Route("garden", "", (), ("when should I prune roses", "my tomato leaves turn brown")),
        Route("kitchen", "", (), ("how long do I boil an egg",)),
    )
    nearest = Nearest(FAST.bind(routes), FAST.bind)
    assert nearest(Prompt("brown tomato leaves")) == Likeness("garden", "my tomato leaves turn brown")
    assert nearest(Prompt("boil eggs")) == Likeness("kitchen", "how long do I boil an egg")


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("write a short story about a dragon who is afraid of fire", ("story", "stories", "fiction", "tale", "narrat")),
        ("translate this letter into Spanish", ("translat",)),
    ],
)
def test_without_examples_a_concept_of_the_training_is_named(prompt, words):
    found = Nearest(FAST.bind(ROUTES), FAST.bind)(Prompt(prompt))
    assert found is not None
    assert found.route is None
    assert any(word in found.text.lower() for word in words), found


def test_a_prompt_that_says_nothing_is_like_nothing():
    nearest = Nearest(FAST.bind(ROUTES), FAST.bind)
    assert nearest(Prompt("   ")) is None
    assert nearest(Prompt("👍👍")) is None


def test_a_classifier_without_examples_of_its_own_is_explained_by_the_concepts():
    found = Nearest(WordClassifier().bind(ROUTES), FAST.bind)(Prompt("fix the bug in my python script"))
    assert found is not None
    assert found.route is None


async def test_only_wrong_decisions_are_explained():
    bound = WordClassifier().bind(ROUTES)
    cases = [case("code", text="some code"), case(None, text="an essay")]
    right, wrong = await Evaluation(bound, nearest=Nearest(bound, FAST.bind)).run(cases, None)
    assert right.nearest is None
    assert wrong.nearest is not None
    assert wrong.nearest.text
