import pytest

from filters.errors import ConfigError
from gateway.config.files import document, example_files, read_files

CONFIG = """
x-unused: {file: none}
model_providers:
  - {model: openai/gpt-4o, access_key: "file:/run/secrets/openai"}
  - {model: openai/gpt-4, access_key: "file://keys/other"}
routing_preferences:
  - {name: code, description: "file: a text", models: [openai/gpt-4o], examples: examples/code.jsonl}
  - {name: inline, description: b, models: [openai/gpt-4o], examples: [hello]}
  - {name: bare, description: c, models: [openai/gpt-4o]}
  - {description: it has no name, examples: lost.jsonl}
  - nothing
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


def test_each_route_has_its_file_or_none(config):
    assert example_files(config) == {"code": config.parent / "examples/code.jsonl", "inline": None, "bare": None}


def test_the_files_that_it_is_read_with_are_those_of_examples_and_of_values(config):
    folder = config.parent
    assert read_files(config) >= {config, folder / "examples/code.jsonl", folder / "keys/other"}
    assert folder / "/run/secrets/openai" in read_files(config)
    assert folder / "lost.jsonl" not in read_files(config)


def test_a_configuration_without_routes_is_read_alone(config):
    config.write_text("version: v0.4.0")
    assert read_files(config) == {config}
    assert example_files(config) == {}


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), (b"\xff\xfe\xfa", "not UTF-8"), (b"[", "not valid YAML")]
)
def test_one_that_cannot_be_read_is_named(tmp_path, content, said):
    path = tmp_path / "config.yaml"
    if content is not None:
        path.write_bytes(content)
    for read in (document, example_files, read_files):
        with pytest.raises(ConfigError, match=said):
            read(path)
