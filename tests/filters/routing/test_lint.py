import random

import pytest

from filters.routing.classifier import Route
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.lint import MOST_OF_A_KIND, lint
from tests.support.costs import took

CODE = ("code_generation", "generating new code, writing functions, or creating boilerplate")
REASONING = ("complex_reasoning", "complex reasoning tasks, multi-step analysis, or detailed explanations")
LOOPS = ("write a loop in python", "add a parser for dates", "implement a queue in Go")
ROME = ("why did Rome fall?", "who was emperor after Nero?", "what caused the first world war?")


def route(name, description, *examples, threshold=None):
    return Route(name, description, ("a/b",), examples, threshold)


def found(*routes, llm=False, threshold=None):
    return lint(EmbeddedClassifier(threshold).bind(routes).deciding, llm=llm)


def messages(*routes, **options):
    return [finding.message for finding in found(*routes, **options)]


def test_routes_that_stand_apart_are_fine():
    assert found(route(*CODE), route(*REASONING), llm=True) == []
    assert found(route(*CODE, *LOOPS), route("history", "questions about history", *ROME)) == []
    assert found() == []


def test_descriptions_that_collide_are_told_with_both_names_and_their_similarity():
    (finding,) = found(route(*CODE), route(*REASONING), route("coding", "writing code and creating functions"))
    assert finding.path == ("routing_preferences", 2, "description")
    assert finding.message.startswith("'coding' and 'code_generation' are described alike (similarity 0.8")


def test_examples_that_collide_are_told_with_both_names_and_their_similarity():
    routes = (
        route("history", "dates, wars and emperors", *ROME),
        route("homework", "what pupils must hand in on Monday", *(text.upper() + " please" for text in ROME)),
    )
    (finding,) = [finding for finding in found(*routes) if "are alike" in finding.message]
    assert finding.path == ("routing_preferences", 1, "examples")
    assert finding.message.startswith("the examples of 'homework' and 'history' are alike (similarity 0.9")


def test_an_example_nearer_to_another_route_is_told_by_its_place_and_never_repeated():
    strayed = "who was the last emperor of Rome?"
    (finding,) = found(route(*CODE, *LOOPS, strayed), route("history", "questions about history", *ROME))
    assert finding.path == ("routing_preferences", 0, "examples", 3)
    assert finding.message.startswith("the example at index 3 is nearer to 'history' (similarity 0.")
    assert "emperor" not in finding.message


def test_the_only_example_of_a_route_is_compared_with_descriptions():
    history = ("history", "questions about wars, emperors and the past")
    assert found(route(*CODE, LOOPS[0]), route(*history, ROME[0])) == []
    (finding,) = [finding for finding in found(route(*CODE, ROME[0]), route(*history)) if "nearer" in finding.message]
    assert finding.path == ("routing_preferences", 0, "examples", 0)


def test_an_example_that_two_routes_have_is_told_once_and_as_that():
    routes = (route(*CODE, *LOOPS), route("history", "questions about history", *ROME, "Write a  LOOP in Python"))
    (finding,) = found(*routes)
    assert finding.path == ("routing_preferences", 1, "examples", 3)
    assert finding.message == "the example at index 3 is one of 'code_generation' too"


def test_an_example_twice_in_one_route_is_nobodys_else():
    assert found(route(*CODE, *LOOPS, LOOPS[0]), route("history", "questions about history", *ROME)) == []


@pytest.mark.parametrize(("description", "short"), [("code", True), ("code Code", True), ("writing any code", False)])
def test_a_description_too_short_to_mean_anything_is_told(description, short):
    assert any("too short" in message for message in messages(route("x", description))) is short


def test_a_short_description_is_fine_where_examples_speak():
    assert not any("too short" in message for message in messages(route("x", "code", *LOOPS)))


def test_a_threshold_that_nothing_reaches_is_told_with_what_is_reached():
    (finding,) = found(route(*CODE, threshold=1.0), route(*REASONING))
    assert finding.path == ("routing_preferences", 0, "threshold")
    assert finding.message == "1 is out of reach: its own description reaches 0.9999 at most"


def test_examples_count_for_what_can_be_reached():
    (message,) = messages(route(*CODE, *LOOPS, threshold=0.9999999), route("history", "questions about history", *ROME))
    assert message.startswith("1 is out of reach: its own description and examples reach 0.9")


def test_a_shared_threshold_is_judged_for_each_route():
    assert len(messages(route(*CODE), route(*REASONING), threshold=1.0)) == 2


def test_a_threshold_that_everything_reaches_is_told_with_the_share():
    finding, *_ = found(route(*CODE, threshold=0.0), route(*REASONING))
    assert finding.path == ("routing_preferences", 0, "threshold")
    assert finding.message == "0 is reached by 100% of everyday prompts that belong to no route"


def test_doubtful_names_are_told():
    ((path, message),) = found(route(*CODE), route("other", REASONING[1]))
    assert path == ("routing_preferences", 1, "name")
    assert "no route fits" in message
    assert any("an LLM may answer" in message for message in messages(route(*CODE), route("code", ROME[0]), llm=True))


def test_many_findings_of_a_kind_are_counted():
    findings = found(*(route(f"r{number}", "a b") for number in range(MOST_OF_A_KIND + 3)))
    told = [finding.message for finding in findings if "too short" in finding.message]
    assert len(told) == MOST_OF_A_KIND
    assert findings[MOST_OF_A_KIND].message == "and 3 more findings like the one before"


def test_many_routes_with_examples_are_linted_in_a_fraction_of_the_time_that_learning_them_takes():
    rng = random.Random(0)
    words = " ".join([*LOOPS, *ROME, CODE[1], REASONING[1]]).split()

    def text(count):
        return " ".join(rng.choices(words, k=count))

    routes = [route(f"r{number}", text(10), *(text(12) for _ in range(10))) for number in range(150)]
    learned = []
    learning = took(lambda: learned.append(EmbeddedClassifier().bind(routes).deciding), 1)
    assert took(lambda: lint(learned[0], llm=True)) < learning
