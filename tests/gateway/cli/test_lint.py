import pytest

from gateway.cli.lint import lint_routes
from gateway.runtime.classifiers import Learned
from tests.support.config_files import PROVIDERS, load

ROUTES = """
routing_preferences:
  - {name: code, description: writing code and creating functions, models: [gpt-4o]}
  - {name: code_review, description: finding bugs in a change, models: [gpt-4o], threshold: 1.0}
"""
LLM = "routing: {classifier: llm, llm: {model: gpt-4o}}\n"


def lines(folder, text):
    loaded = load(folder, text)
    return [line.removeprefix(f"{folder}/") for line in lint_routes(loaded, Learned(loaded.config).deciding)]


def test_findings_carry_file_line_and_key(tmp_path):
    (line,) = lines(tmp_path, PROVIDERS + ROUTES)
    assert line.startswith("config.yaml:8: routing_preferences[1].threshold: 1 is out of reach")


@pytest.mark.parametrize(("classifier", "told"), [("", False), (LLM, True)])
def test_names_that_only_an_llm_confuses_are_told_where_one_is_asked(tmp_path, classifier, told):
    assert any("begins with another" in line for line in lines(tmp_path, PROVIDERS + ROUTES + classifier)) is told


def test_routes_in_planos_older_form_are_told_where_they_stand(tmp_path):
    text = """
    version: v0.3.0
    llm_providers:
      - model: openai/gpt-4o
        default: true
        routing_preferences:
          - name: code
            description: code
    """
    (line,) = lines(tmp_path, text)
    assert line.startswith("config.yaml:7: llm_providers[0].routing_preferences[0].description: is too short")
