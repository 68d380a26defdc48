import pytest

from tests.support.config_files import load, problems

PROVIDER = "model_providers: [{{model: openai/gpt-4o, {}}}]"


def provider(folder, entry, environ=None):
    return load(folder, PROVIDER.format(entry), environ).config.providers[0]


@pytest.mark.parametrize("reference", ["$KEY", "${KEY}"])
def test_a_key_is_taken_from_the_environment(tmp_path, reference):
    found = provider(tmp_path, f'access_key: "{reference}"', {"KEY": "sk-1\n"})
    assert found.access_key.reveal() == "sk-1"
    assert found.unset_key is None


def test_a_literal_key_is_taken_as_it_is(tmp_path):
    assert provider(tmp_path, "access_key: sk-2").access_key.reveal() == "sk-2"


def test_a_reference_may_be_a_part_and_two_dollars_are_one(tmp_path):
    found = provider(tmp_path, 'access_key: "a-${B}-$C$$D"', {"B": "b", "C": "c", "D": "d"})
    assert found.access_key.reveal() == "a-b-c$D"


@pytest.mark.parametrize(("key", "environ"), [("$KEY", {}), ("${KEY}", {"KEY": ""}), ("$KEY", {"KEY": "  "})])
def test_an_unset_or_empty_variable_leaves_no_key_and_is_remembered(tmp_path, key, environ):
    found = provider(tmp_path, f'access_key: "{key}"', environ)
    assert found.access_key.reveal() is None
    assert found.unset_key == "KEY"


def test_a_bare_dollar_is_no_key(tmp_path):
    assert provider(tmp_path, "access_key: $").unset_key == "$"


def test_headers_are_credentials_too(tmp_path):
    found = provider(tmp_path, "headers: {X-A: $A, X-B: plain}", {"A": "secret"})
    assert {name: value.reveal() for name, value in found.headers.items()} == {"X-A": "secret", "X-B": "plain"}
    assert provider(tmp_path, "headers: {X-A: $A}").unset_key == "A"


def test_addresses_are_taken_from_the_environment(tmp_path):
    assert provider(tmp_path, "base_url: 'http://$HOST:1'", {"HOST": "h"}).base_url == "http://h:1/v1"


def test_an_unset_variable_in_an_address_is_an_error_that_names_it(tmp_path):
    text = """
        model_providers:
          - model: openai/gpt-4o
            base_url: $URL
        routing:
          session_cache: {type: redis, url: "redis://:${PASSWORD}@host"}
    """
    assert problems(tmp_path, text) == [
        "3: model_providers[0].base_url: the environment variable URL is not set",
        "5: routing.session_cache.url: the environment variable PASSWORD is not set",
    ]


def test_a_dollar_elsewhere_is_left_alone(tmp_path):
    text = """
        model_providers: [{model: openai/gpt-4o, name: $HOME}]
        routing_preferences:
          - {name: money, description: "prices below $HOME or ${HOME}", models: [$HOME]}
    """
    config = load(tmp_path, text, {"HOME": "/root"}).config
    assert config.routes()[0].description == "prices below $HOME or ${HOME}"
    assert config.providers[0].name == "$HOME"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("access_key: $KEY", "model_providers[0].access_key: is empty, or holds a line break"),
        ("base_url: $KEY", "model_providers[0].base_url: must be an http or https URL"),
        ("headers: {X-A: $KEY}", "model_providers[0].headers.X-A: is empty, or holds a line break"),
    ],
)
def test_a_bad_value_is_never_repeated(tmp_path, entry, message):
    found = problems(tmp_path, PROVIDER.format(entry), {"KEY": "topsecret\r\nX-Injected: 1"})
    assert message in found[0]
    assert "topsecret" not in found[0]


def test_an_empty_key_is_an_error(tmp_path):
    assert "access_key: is empty" in problems(tmp_path, PROVIDER.format('access_key: ""'))[0]
    assert "access_key: must be a string" in problems(tmp_path, PROVIDER.format("access_key: 5"))[0]


def test_no_secret_shows_when_a_configuration_is_printed(tmp_path):
    config = load(
        tmp_path,
        """
        model_providers:
          - {model: openai/gpt-4o, access_key: $KEY, base_url: "http://h/$KEY", headers: {X-A: $KEY}}
        routing:
          session_cache: {type: redis, url: "redis://:$KEY@h"}
          llm: {model: m, base_url: "http://h/$KEY", access_key: $KEY}
        model_metrics_sources:
          - {type: cost, provider: custom, url: "http://u:$KEY@h", auth: {token: $KEY}}
        """,
        {"KEY": "s3cr3t"},
    ).config
    assert "s3cr3t" not in repr(config)
    assert "s3cr3t" not in repr(config.providers)
