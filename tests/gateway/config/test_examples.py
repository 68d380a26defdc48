import pytest

from tests.support.config_files import PROVIDERS, load, problems

ROUTE = PROVIDERS + "routing_preferences: [{{name: code, description: writing code, models: [gpt-4o], examples: {}}}]\n"


def test_examples_may_be_a_list(tmp_path):
    assert load(tmp_path, ROUTE.format("[a, b]")).config.routes()[0].examples == ("a", "b")


def test_examples_may_be_a_file_beside_the_configuration(tmp_path):
    (tmp_path / "code.jsonl").write_text('"write a parser"\n\n{"prompt": "fix my loop", "note": 1}\n', encoding="utf-8")
    config = load(tmp_path, ROUTE.format("code.jsonl")).config
    assert config.routes()[0].examples == ("write a parser", "fix my loop")


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    (problem,) = problems(tmp_path, ROUTE.format("none.jsonl"))
    assert problem == (
        "5: routing_preferences[0].examples: cannot read none.jsonl: No such file or directory; "
        "the path is relative to config.yaml's folder"
    )


@pytest.mark.parametrize("line", ["not json", "3", '{"text": "x"}', '""', '{"prompt": null}'])
def test_a_wrong_line_is_named_and_not_repeated(tmp_path, line):
    (tmp_path / "code.jsonl").write_text(f'"fine"\n{line}\n', encoding="utf-8")
    assert problems(tmp_path, ROUTE.format("code.jsonl")) == [
        '5: routing_preferences[0].examples: code.jsonl:2: must be a string or {"prompt": "..."}'
    ]
