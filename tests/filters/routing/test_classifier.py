import pytest

from filters.routing.cascade import CascadeClassifier
from filters.routing.classifier import Prompt, Route, nearest_example
from filters.routing.config import CascadeConfig, LlmConfig
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.llm.classifier import LlmClassifier
from tests.support.classifiers import WordClassifier
from tests.support.fake_llm import ScriptedModel

ROUTES = (
    Route("code", "writing code", ("a/b",), ("write a parser",)),
    Route("history", "questions about history", ("a/b",), ("why did Rome fall?", "who was Nero?")),
)
EMBEDDED = EmbeddedClassifier()
LLM = LlmClassifier(ScriptedModel(), EMBEDDED, LlmConfig(model="tiny"))


@pytest.mark.parametrize("classifier", [EMBEDDED, LLM, CascadeClassifier(EMBEDDED, LLM, CascadeConfig(), 100)])
def test_every_classifier_finds_the_nearest_example_where_the_embedded_one_can(classifier):
    bound = classifier.bind(ROUTES)
    nearest = nearest_example(bound, Prompt("who was Nero"))
    assert (nearest.route, nearest.example) == (1, 1)
    assert nearest_example(bound, Prompt(" \n")) is None


def test_a_classifier_that_compares_no_examples_finds_none():
    assert nearest_example(WordClassifier().bind(ROUTES), Prompt("who was Nero")) is None
