import pytest

from filters.routing.classifier import Route
from filters.routing.lint_words import word_findings


def found(description, *examples):
    return [message for _, message in word_findings([Route("x", description, (), examples)])]


@pytest.mark.parametrize(
    "description",
    ["simple questions", "Hard tasks that need the best model", "fast and cheap answers", "complex queries"],
)
def test_a_description_that_only_tells_how_hard_prompts_are_is_told_and_what_would_be_better(description):
    (message,) = found(description)
    assert "how hard the prompts are" in message
    assert "cascade" in message


@pytest.mark.parametrize(
    "description",
    ["general questions except coding", "everything but code", "travel, but not flights", "topics not about work"],
)
def test_a_description_that_says_what_does_not_belong_is_told(description):
    (message,) = found(description)
    assert "does not belong here" in message


@pytest.mark.parametrize(
    "description",
    [
        "complex reasoning tasks, multi-step analysis, or detailed explanations",
        "generating new code, writing functions, or creating boilerplate",
        "math",
        "quick recipes for two",
        "knots and notation",
        "",
    ],
)
def test_a_description_of_what_prompts_are_about_is_fine(description):
    assert found(description) == []


def test_examples_speak_louder():
    assert found("simple questions", "what is the capital of Peru") == []


def test_findings_name_their_route():
    routes = [Route("a", "math", ()), Route("b", "hard problems", ())]
    assert [index for index, _ in word_findings(routes)] == [1]
