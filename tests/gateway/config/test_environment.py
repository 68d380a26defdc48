from dataclasses import replace

import pytest

from filters.catalog import CATALOG
from filters.credential import Secret
from filters.section import Section
from gateway.config.document import read_document
from gateway.config.environment import Surroundings, expand
from gateway.config.report import Report
from gateway.providers.auth.authenticator import Outgoing
from tests.support.config_files import load, problems

PROVIDER = "model_providers: [{{model: openai/gpt-4o, {}}}]"


def provider(folder, entry, environ=None):
    return load(folder, PROVIDER.format(entry), environ).config.providers[0]


class Probe(Section):
    token: Secret


def key_of(provider):
    return provider.credentials(Outgoing("POST", "http://h", b"")).get("authorization", "").removeprefix("Bearer ")


@pytest.mark.parametrize("reference", ["$KEY", "${KEY}"])
def test_a_key_is_taken_from_the_environment(tmp_path, reference):
    found = provider(tmp_path, f'access_key: "{reference}"', {"KEY": "sk-1\n"})
    assert key_of(found) == "sk-1"
    assert found.unset_key is None


def test_a_literal_key_is_taken_as_it_is(tmp_path):
    assert key_of(provider(tmp_path, "access_key: sk-2")) == "sk-2"


def test_a_reference_may_be_a_part_and_two_dollars_are_one(tmp_path):
    found = provider(tmp_path, 'access_key: "a-${B}-$C$$D"', {"B": "b", "C": "c", "D": "d"})
    assert key_of(found) == "a-b-c$D"


@pytest.mark.parametrize(("key", "environ"), [("$KEY", {}), ("${KEY}", {"KEY": ""}), ("$KEY", {"KEY": "  "})])
def test_an_unset_or_empty_variable_leaves_no_key_and_is_remembered(tmp_path, key, environ):
    found = provider(tmp_path, f'access_key: "{key}"', environ)
    assert not key_of(found)
    assert found.unset_key == "KEY"


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
        model_providers: [{model: openai/gpt-4o}]
        routing_preferences:
          - {name: "$HOME", description: "prices below $HOME or ${HOME}", models: [gpt-4o], examples: ["a $"]}
    """
    (route,) = load(tmp_path, text, {"HOME": "/root"}).config.routes()
    assert (route.name, route.description, route.examples) == ("$HOME", "prices below $HOME or ${HOME}", ("a $",))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("access_key: $KEY", "model_providers[0].access_key: is empty, or holds a line break"),
        ("base_url: $KEY", "model_providers[0].base_url: holds a space, a line break"),
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


@pytest.mark.parametrize(
    ("written", "environ", "port"),
    [("$PORT", {"PORT": "8080"}, 8080), ("'${PORT:-9000}'", {}, 9000), ("'7000'", {}, 7000), ("7001", {}, 7001)],
)
def test_a_port_may_come_from_the_environment(tmp_path, written, environ, port):
    text = f"listeners: [{{port: {written}}}]\nadmin: {{port: 1}}\nmodel_providers: [{{model: openai/a}}]"
    assert load(tmp_path, text, environ).config.listeners[0].port == port


def test_a_port_that_is_no_number_is_an_error(tmp_path):
    text = "listeners: [{port: $PORT}]\nmodel_providers: [{model: openai/a}]"
    assert problems(tmp_path, text, {"PORT": "http"}) == ["1: listeners[0].port: must be a whole number"]
    assert problems(tmp_path, text) == ["1: listeners[0].port: the environment variable PORT is not set"]


def test_a_models_name_may_come_from_the_environment_wherever_one_stands(tmp_path):
    text = """
        model_providers: [{model: openai/$MODEL, name: "${NAME:-big}"}]
        model_aliases: {fast: {target: openai/$MODEL}}
        routing_preferences: [{name: a, description: some words, models: ["${NAME:-big}"]}]
        routing: {llm: {model: openai/$MODEL}}
    """
    config = load(tmp_path, text, {"MODEL": "gpt-4o"}).config
    assert (config.providers[0].model, config.providers[0].name) == ("openai/gpt-4o", "big")
    assert config.resolve("fast") == config.routes()[0].models[0] == config.routing.llm.model == "openai/gpt-4o"


def test_an_unset_variable_in_a_models_name_is_an_error(tmp_path):
    for name in ("openai/$MODEL", "$MODEL", "${MODEL}"):
        found = problems(tmp_path, f"model_providers: [{{model: '{name}'}}]")
        assert found == ["1: model_providers[0].model: the environment variable MODEL is not set"]


@pytest.mark.parametrize(
    ("environ", "base_url"), [({}, "http://127.0.0.1:11434/v1"), ({"U": "http://h:1"}, "http://h:1/v1")]
)
def test_a_default_stands_in_for_a_variable_that_is_not_set(tmp_path, environ, base_url):
    assert provider(tmp_path, "base_url: '${U:-http://127.0.0.1:11434}'", environ).base_url == base_url


@pytest.mark.parametrize("form", ["$", "a$", "${", "${}", "${1}", "${A-b}", "${A:?no}", "$1", "${A:-${B}}"])
def test_a_dollar_that_begins_no_variable_is_an_error_that_shows_the_forms(tmp_path, form):
    (found,) = problems(tmp_path, PROVIDER.format(f'access_key: "{form}"'), {"A": "a", "B": "b"})
    assert "holds a $ that begins no $NAME, ${NAME} or ${NAME:-default}; a dollar sign itself is $$" in found


@pytest.mark.parametrize("form", ["file:{0}/key", "file://{0}/key", "file:key"])
def test_a_key_may_be_in_a_file(tmp_path, form):
    (tmp_path / "key").write_text("sk-3\n")
    loaded = load(tmp_path, PROVIDER.format(f"access_key: '{form.format(tmp_path)}'"))
    assert key_of(loaded.config.providers[0]) == "sk-3"
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b" \n", "is empty"),
        (b"\xff", "is not UTF-8"),
        (b"k" * 70_000, "is too long for a value"),
        (b"a\nb", "is empty, or holds a line break"),
    ],
)
def test_a_file_that_holds_no_value_is_an_error(tmp_path, content, message):
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    (found,) = problems(tmp_path, PROVIDER.format("access_key: file:key"))
    assert message in found


def test_addresses_and_ports_may_be_in_files_too(tmp_path):
    (tmp_path / "port").write_text("8123")
    (tmp_path / "url").write_text("http://h:2")
    text = "listeners: [{port: 'file:port'}]\n" + PROVIDER.format("base_url: file:url")
    config = load(tmp_path, text).config
    assert (config.listeners[0].port, config.providers[0].base_url) == (8123, "http://h:2/v1")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("model_providers: [{model: openai/a, access_key: sk-1}]", "model_providers[0].access_key: a key"),
        ("model_providers: [{model: openai/a, access_key: '${A:-sk-1}'}]", "model_providers[0].access_key: a key"),
        (
            "model_providers: [{model: openai/a, headers: {X-Api-Key: k}}]",
            "model_providers[0].headers.X-Api-Key: a key",
        ),
        (
            "model_providers: [{model: openai/a}]\nrouting: {session_cache: {type: redis, url: 'redis://:pw@h'}}",
            "routing.session_cache.url: a password",
        ),
    ],
)
def test_a_secret_that_stands_in_the_file_is_a_warning(tmp_path, text, path):
    (warning,) = load(tmp_path, text).warnings
    assert f"{path} stands in the file, for all who read it; $NAME or file:/path keeps it out" in warning


def test_what_came_from_elsewhere_or_is_no_secret_is_no_warning(tmp_path):
    entry = "access_key: $A, headers: {X-Team: search, Authorization: Bearer $A}"
    assert load(tmp_path, PROVIDER.format(entry), {"A": "a"}).warnings == ()


@pytest.mark.parametrize("value", ["Bearer sk-1", '"sk-1"', "sk 1"])
def test_a_variable_that_holds_more_than_a_key_is_an_error_that_does_not_show_it(tmp_path, value):
    (found,) = problems(tmp_path, PROVIDER.format("access_key: $KEY"), {"KEY": value})
    assert "access_key: what it refers to holds" in found
    assert "sk" not in found


def test_keys_that_begin_with_x_hold_anchors_and_nothing_else(tmp_path):
    text = """
        x-key: &k {access_key: $K}
        x-anything: [1, {a: b}]
        model_providers:
          - {model: openai/gpt-4o, x-owner: search, headers: {x-team: a}, <<: *k}
        model_aliases: {x-fast: {target: gpt-4o}}
    """
    config = load(tmp_path, text, {"K": "sk-1"}).config
    assert (list(config.providers[0].headers), config.resolve("x-fast")) == (["x-team"], "openai/gpt-4o")
    assert key_of(load(tmp_path, text, {"K": "sk-1"}).config.providers[0]) == "sk-1"


def test_options_in_the_list_of_filters_are_filled_too(tmp_path, monkeypatch):
    entry = replace(CATALOG["tracing"], section=Probe, at=None)
    monkeypatch.setattr("gateway.config.environment.CATALOG", {"probe": entry})
    text = PROVIDER.format("access_key: $A") + "\nfilters: [tracing, {probe: {token: $A}}]"
    root = read_document(text, Report("c"))
    expand(root, Surroundings({"A": "filled"}, tmp_path), Report("c"))
    assert root["filters"][1]["probe"]["token"].reveal() == "filled"


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ("os.environ/OTHER", "what it refers to is LiteLLM's form; write $OTHER"),
        ("%OTHER%", "what it refers to is the form of Windows; write $OTHER"),
    ],
)
def test_a_variable_that_holds_another_tools_form_is_an_error_that_says_so(tmp_path, held, told):
    (problem,) = problems(tmp_path, PROVIDER.format("access_key: $K"), {"K": held})
    assert problem == f"1: model_providers[0].access_key: {told}"


@pytest.mark.parametrize("address", ["http://[::1", "http://me:pass@[::1"])
def test_an_address_that_cannot_be_taken_apart_is_an_error_that_shows_no_password(tmp_path, address):
    (problem,) = problems(tmp_path, PROVIDER.format(f"base_url: '{address}'"))
    assert "base_url: " in problem
    assert "is no URL: its host or its port is malformed" in problem
    assert "pass" not in problem
