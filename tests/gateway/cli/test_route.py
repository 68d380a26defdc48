import json

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app

CONFIG = """
model_providers:
  - model: openai/gpt-4o
routing_preferences:
  - {name: code, description: "writing code, functions and scripts", models: [gpt-4o], examples: [sort a list]}
  - {name: essay, description: writing essays and letters, models: [gpt-4o]}
"""


@pytest.fixture
def route(tmp_path):
    def run(prompt, *options, stdin=None, text=CONFIG):
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
        arguments = ["route", prompt, "--config", str(tmp_path / "config.yaml"), *options]
        answer = CliRunner().invoke(app, arguments, input=stdin)
        assert answer.exit_code == 0
        return answer.stdout

    return run


def test_a_match_is_told_with_what_would_change_it(route):
    out = route("sort a list of names in python")
    assert out.startswith("model  openai/gpt-4o\nroute  code  (decided by embedded)\n")
    assert "matches up to a threshold of 0." in out
    assert "; runner-up essay, 0." in out
    assert "nearest example: code, index 0 (similarity 0." in out


def test_a_name_that_reads_like_markup_is_shown_as_it_is(route):
    out = route("sort a list of names in python", text=CONFIG.replace("name: code", 'name: "[/code]"'))
    assert out.count("[/code]") == 3


def test_no_match_is_told_with_what_would_make_one(route):
    out = route("good morning")
    assert out.startswith("model  none\nroute  none  (decided by embedded)\n")
    assert "would match from a threshold of 0." in out


def test_a_blank_prompt_has_nothing_to_explain(route):
    out = route(" ")
    assert "(decided by none)" in out
    assert "threshold of" not in out
    assert "nearest" not in out


@pytest.mark.parametrize(("prompt", "stdin"), [("write a script", None), ("-", "write a script\n")])
def test_machines_get_json_and_a_prompt_may_come_from_standard_input(route, prompt, stdin):
    found = json.loads(route(prompt, "--json", stdin=stdin))
    assert list(found) == ["model", "route", "explain"]
    assert (found["model"], found["route"]) == ("openai/gpt-4o", "code")
    assert found["explain"]["nearest_example"]["route"] == "code"


@pytest.mark.parametrize(
    ("default", "said"),
    [("false", "the model that the request names would serve"), ("true", "names would serve, else openai/gpt-4o\n")],
)
def test_no_match_says_who_would_serve(route, default, said):
    text = CONFIG.replace("- model: openai/gpt-4o\n", f"- {{model: openai/gpt-4o, default: {default}}}\n")
    assert said in route("hello", text=text)
