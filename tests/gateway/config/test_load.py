import os
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filters.errors import ConfigError
from gateway.config.load import load_config
from tests.support.config_files import FIXTURES, PROVIDERS, load, problems

SHIPPED = Path(__file__).parents[3] / "config.yaml"


def test_the_shipped_config_loads_with_no_key_set():
    loaded = load_config(SHIPPED, {})
    assert [route.name for route in loaded.config.routes()] == ["complex_reasoning", "code_generation"]
    assert loaded.config.listeners[0].port == 12000
    assert loaded.config.default_provider.model == "openai/gpt-4o-mini"


def test_a_missing_key_is_one_warning_for_each_provider():
    warnings = load_config(SHIPPED, {}).warnings
    assert len(warnings) == 2
    assert "OPENAI_API_KEY is not set" in warnings[0]
    assert "ANTHROPIC_API_KEY is not set" in warnings[1]


def test_no_warning_where_every_key_is_set():
    assert load_config(SHIPPED, {"OPENAI_API_KEY": "a", "ANTHROPIC_API_KEY": "b"}).warnings == ()


@pytest.mark.parametrize("name", ["plano_v0_3_0.yaml", "plano_v0_4_0.yaml"])
def test_the_demo_of_plano_loads_in_both_of_its_forms(name):
    config = load_config(FIXTURES / name, {}).config
    reasoning, code = config.routes()
    assert (reasoning.name, reasoning.models[0]) == ("complex_reasoning", "openai/gpt-4o")
    assert (code.name, code.models[0]) == ("code_generation", "anthropic/claude-sonnet-4-20250514")
    assert code.description == "generating new code, writing functions, or creating boilerplate"


def test_every_problem_is_told_at_once_in_the_order_of_the_file(tmp_path):
    text = """
        model_providers:
          - model: openai/gpt-4o
            default: true
          - model: opnai/gpt-4o-mini
          - model: groq/llama
            default: true
        routing_preferences:
          - name: code
            description: writing code
            models: [openai/gpt-5o, opnai/gpt-4o-mini]
        routing:
          session_ttl_mode: slidng
          session_ttl_seconds: "600"
        agents: []
    """
    assert problems(tmp_path, text) == [
        "4: model_providers[1]: 'opnai' is not built in, so it needs a base_url; did you mean 'openai'?",
        "6: model_providers[2].default: there can be one default, and openai/gpt-4o is it",
        "10: routing_preferences[0].models[0]: no provider has 'openai/gpt-5o'; did you mean 'openai/gpt-4o'?",
        "12: routing.session_ttl_mode: 'slidng' is not one of fixed, sliding; did you mean 'sliding'?",
        "13: routing.session_ttl_seconds: must be a whole number",
        "14: agents: not supported: Pointsman routes to models and runs no agents (--ignore-unsupported leaves it out)",
    ]


def test_an_error_begins_with_the_file_as_it_was_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.yaml").write_text("model_providers: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^my\.yaml:1: model_providers: must not be empty$"):
        load_config(Path("my.yaml"), {})


def test_a_file_that_is_not_there_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file"):
        load_config(tmp_path / "none.yaml", {})


def test_a_file_that_is_not_utf8_is_a_config_error(tmp_path):
    (tmp_path / "config.yaml").write_bytes(b"version: \xff\n")
    with pytest.raises(ConfigError, match="not UTF-8 at byte 9"):
        load_config(tmp_path / "config.yaml", {})


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    assert problems(tmp_path, "\ufeff" + PROVIDERS.lstrip()) == []


def test_no_environment_variable_is_read_that_is_not_handed_in(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "OPENAI_API_KEY", "from-the-process")
    config = load(tmp_path, "model_providers: [{model: openai/gpt-4o, access_key: $OPENAI_API_KEY}]").config
    assert config.provider_of("openai/gpt-4o").unset_key == "OPENAI_API_KEY"


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70000),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["$SECRET", "openai/*", "fast"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)


def slots(node, path=()):
    """Yield the path of every value in a document."""
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield (*path, key)
        yield from slots(node[key], (*path, key))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), fixture=st.sampled_from(["everything.yaml", "plano_v0_3_0.yaml", "plano_v0_4_0.yaml"]))
def test_whatever_is_put_in_a_place_loads_or_is_a_config_error_without_secrets(tmp_path, data, fixture):
    document = yaml.safe_load((FIXTURES / fixture).read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from(list(slots(document))))
        holder = document
        for step in path:
            holder = holder[step]
        holder[last] = data.draw(ODD)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    try:
        load_config(tmp_path / "config.yaml", {"SECRET": "http://s3cr3t", "REDIS_PASSWORD": "s3cr3t"})
    except ConfigError as error:
        assert "s3cr3t" not in str(error)  # noqa: PT017 - either outcome is right
        assert "config.yaml:" in str(error)  # noqa: PT017


def test_findings_are_placed_in_the_file_and_told_in_its_order(tmp_path):
    text = (
        PROVIDERS
        + """
routing_preferences:
  - name: code
    description: writing code
    models: [openai/gpt-4o]
    examples: [a, b]
"""
    )
    loaded = load(tmp_path, text)
    placed = loaded.place(
        [
            (("routing_preferences", 0, "examples", 1), "strays"),
            (("routing_preferences", 0, "threshold"), "is not there"),
            (("routing_preferences", 0, "name"), "is odd"),
        ]
    )
    assert [line.removeprefix(str(tmp_path)) for line in placed] == [
        "/config.yaml:7: routing_preferences[0]: is not there",
        "/config.yaml:7: routing_preferences[0].name: is odd",
        "/config.yaml:10: routing_preferences[0].examples[1]: strays",
    ]


@pytest.mark.parametrize(
    ("section", "path"),
    [("{}", "decisions"), ("{path: logs/here}", "logs/here"), ("{path: /var/log/here}", "/var/log/here")],
)
def test_the_decision_log_is_beside_the_file_unless_it_says_otherwise(tmp_path, section, path):
    config = load(tmp_path, PROVIDERS + f"decision_log: {section}\n").config
    assert config.decision_log.path == str(tmp_path / path)


def test_there_is_no_decision_log_unless_it_is_asked_for(tmp_path):
    assert load(tmp_path, PROVIDERS).config.decision_log is None
    assert "path" in problems(tmp_path, PROVIDERS + "decision_log: {path: 7}\n")[0]
