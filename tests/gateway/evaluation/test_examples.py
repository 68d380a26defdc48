import json
import threading

import pytest

from filters.errors import ConfigError
from gateway.config.load import load_config
from gateway.evaluation.examples import add_label, undo_label

CONFIG = """
model_providers: [{model: openai/gpt-4o}]
routing_preferences:
  - {name: code, description: writing code, models: [gpt-4o], examples: examples/code.jsonl}
  - {name: prose, description: writing letters, models: [gpt-4o], examples: prose.jsonl}
  - {name: inline, description: questions, models: [gpt-4o], examples: [what is the time?]}
  - {name: bare, description: poems, models: [gpt-4o]}
"""
FIRST = '"sort a list"\n'


@pytest.fixture
def config(tmp_path):
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/code.jsonl").write_text(FIRST)
    (tmp_path / "prose.jsonl").write_text('{"prompt": "a letter"}\n')
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


def examples(config, route="code"):
    return next(each.examples for each in load_config(config, {}).config.routes() if each.name == route)


def test_a_label_is_an_example_at_the_next_reload(config):
    label = add_label(config, "code", "reverse a string\nplease", "d" * 20)
    assert examples(config) == ("sort a list", "reverse a string\nplease")
    assert (label.route, label.decision) == ("code", "d" * 20)
    text = (config.parent / "examples/code.jsonl").read_text()
    assert text.startswith(FIRST)
    assert json.loads(text.splitlines()[1])["decision"] == "d" * 20


def test_a_file_that_is_not_there_yet_is_made(config):
    (config.parent / "prose.jsonl").unlink()
    add_label(config, "prose", "dear aunt")
    assert examples(config, "prose") == ("dear aunt",)


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(config):
    real, link = config.parent / "real.jsonl", config.parent / "prose.jsonl"
    link.rename(real)
    real.chmod(0o640)
    link.symlink_to(real)
    add_label(config, "prose", "dear aunt")
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert len(examples(config, "prose")) == 2


def test_the_last_label_is_taken_back_and_what_was_there_before_stays(config):
    add_label(config, "code", "one")
    add_label(config, "prose", "two")
    assert undo_label(config).prompt == "two"
    assert undo_label(config).prompt == "one"
    assert (config.parent / "examples/code.jsonl").read_text() == FIRST
    with pytest.raises(ConfigError, match="there is no label to take back"):
        undo_label(config)


def test_the_label_of_a_decision_is_taken_back(config):
    add_label(config, "code", "one", "a" * 20)
    add_label(config, "code", "two", "b" * 20)
    assert undo_label(config, "a" * 20).prompt == "one"
    assert examples(config) == ("sort a list", "two")
    with pytest.raises(ConfigError, match="of the decision a"):
        undo_label(config, "a" * 20)


@pytest.mark.parametrize("prompt", ["sort a list", "a letter"])
def test_a_prompt_is_an_example_of_a_route_once(config, prompt):
    route = "code" if prompt == "sort a list" else "prose"
    with pytest.raises(ConfigError, match=r"is an example of .* already"):
        add_label(config, route, prompt)


@pytest.mark.parametrize(
    ("route", "prompt", "words"),
    [
        ("cod", "x", "has no route 'cod'; did you mean 'code'?"),
        ("inline", "x", "write `examples: inline.jsonl` under it in config.yaml"),
        ("bare", "x", "the examples of 'bare' are not in a file"),
        ("code", "  ", "a blank prompt"),
    ],
)
def test_what_cannot_be_labelled_is_refused_in_words(config, route, prompt, words):
    with pytest.raises(ConfigError) as refused:
        add_label(config, route, prompt)
    assert words in str(refused.value)


def test_a_folder_that_is_not_there_is_named(config):
    config.write_text(CONFIG.replace("examples/code", "missing/code"))
    with pytest.raises(ConfigError, match="missing"):
        add_label(config, "code", "x")


def test_a_file_that_cannot_be_read_is_named(config):
    (config.parent / "prose.jsonl").unlink()
    (config.parent / "prose.jsonl").mkdir()
    with pytest.raises(ConfigError, match=r"prose\.jsonl: cannot be read"):
        add_label(config, "prose", "x")


def test_who_labels_at_the_same_time_loses_nothing(config):
    def label(number):
        for at in range(10):
            add_label(config, "code", f"{number} {at}")

    threads = [threading.Thread(target=label, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(examples(config)) == 41
    assert [path.name for path in (config.parent / "examples").iterdir()] == ["code.jsonl"]
