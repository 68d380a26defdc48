import json

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.config.load import load_config
from gateway.storage.decision_log.decisions import recent
from gateway.storage.decision_log.reading import Log
from tests.support.logged import log_decisions

CONFIG = """
model_providers: [{model: openai/gpt-4o}]
routing_preferences:
  - {name: code, description: writing code and scripts, models: [gpt-4o], examples: code.jsonl}
  - {name: prose, description: writing essays and letters, models: [gpt-4o]}
decision_log: {}
"""
SAID = ["sort a list in python", "a [letter] to my aunt", "please improve the structure"]


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    (tmp_path / "code.jsonl").touch()
    return path


@pytest.fixture
def logged(tmp_path, config):
    """Log decisions, and return their ids."""

    def logged(*, store=True):
        (tmp_path / "decisions").mkdir()
        log_decisions(tmp_path / "decisions/a.db", load_config(config, {}).config, SAID, store=store)
        with Log(tmp_path / "decisions") as log:
            return [each["id"] for each in recent(log)][::-1]

    return logged


@pytest.fixture
def run(config):
    def run(*arguments, code=0):
        result = CliRunner().invoke(app, ["label", *arguments, "--config", str(config)])
        assert result.exit_code == code, result.output
        return result.stdout if code == 0 else result.stderr

    return run


def examples(config):
    return load_config(config, {}).config.routes()[0].examples


def test_a_decision_becomes_an_example_and_is_taken_back(run, config, logged):
    *_, last = logged()
    assert "is an example now of code" in run(last, "code")
    assert examples(config) == (SAID[2],)
    assert "is no example any more of code" in run("--undo")
    assert examples(config) == ()


def test_without_arguments_the_least_certain_decisions_are_listed(run, logged):
    ids = logged()
    out = run()
    assert all(ident in out for ident in ids)
    assert "a [letter] to my aunt" in out
    listed = json.loads(run("--json", "--limit", "2"))
    assert len(listed) == 2
    assert listed[0]["margin"] <= listed[1]["margin"]
    assert {"id", "margin", "route", "next", "prompt"} == set(listed[0])


def test_what_is_next_is_the_best_of_the_other_routes(run, logged):
    logged()
    found = {each["prompt"]: each for each in json.loads(run("--json"))}
    assert (found[SAID[0]]["route"], found[SAID[0]]["next"]) == ("code", "prose")


def test_where_no_text_is_stored_it_has_to_be_given(run, config, logged):
    first, *_ = logged(store=False)
    assert "what" in run(first, "code", code=2)
    assert "give it by --prompt" in run(first, "code", code=2)
    run(first, "code", "--prompt", "sort it")
    assert examples(config) == ("sort it",)
    assert all(each["prompt"] is None for each in json.loads(run("--json")))


def test_where_no_prompt_is_stored_the_list_says_that_it_has_to_be_told(run, logged):
    logged(store=False)
    told = run()
    assert "pointsman label ID ROUTE --prompt TEXT makes one an example" in told
    assert "What was said is not stored" in told
    assert " prompt " not in told.splitlines()[2]


def test_a_prompt_that_nothing_was_decided_about_can_be_labelled_too(run, config):
    told = json.loads(run("-", "code", "--prompt", "a new one", "--json"))
    assert (told["route"], told["decision"]) == ("code", None)
    assert examples(config) == ("a new one",)


def test_an_empty_log_has_nothing_to_label(run, tmp_path, config, logged):
    (tmp_path / "decisions").mkdir()
    log_decisions(tmp_path / "decisions/a.db", load_config(config, {}).config, [" "])
    assert "There is no decision in the log" in run()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-", "code"), "without an id, --prompt says"),
        (("0" * 20,), "which route does it belong to?"),
        (("0" * 20, "code"), "there is no decision log"),
        (("-", "cod", "--prompt", "x"), "did you mean 'code'?"),
        (("--undo",), "there is no label to take back"),
    ],
)
def test_what_cannot_be_done_is_said(run, arguments, words):
    assert words in run(*arguments, code=2)
