import pytest

from filters.context import Decision
from gateway.telemetry.prometheus.names import Names, method_label, path_label, provider_of, status_label
from tests.support.gateway import config_text, load


@pytest.fixture
def names(tmp_path):
    providers = [{"model": "openai/gpt"}, {"model": "anthropic/*"}]
    return Names(load(tmp_path, config_text(providers, ("openai/gpt",))))


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("openai/gpt", "openai/gpt"),
        ("anthropic/claude", "anthropic/*"),
        ("anthropic/whatever a caller writes", "anthropic/*"),
        ("openai/unknown", "other"),
        ("made/up", "other"),
        (None, "none"),
    ],
)
def test_a_model_that_the_configuration_does_not_name_is_no_label(names, model, label):
    assert names.model(model) == label


@pytest.mark.parametrize(
    ("decision", "label"),
    [
        (None, "none"),
        (Decision(None, (), "none"), "none"),
        (Decision("code_generation", ("openai/gpt",), "embedded"), "code_generation"),
        (Decision("code_generation", ("openai/gpt",), "embedded", inline=True), "other"),
        (Decision("gone", ("openai/gpt",), "pin"), "other"),
    ],
)
def test_nor_is_a_route_that_a_request_brought(names, decision, label):
    assert names.route(decision) == label


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/v1/messages", "/v1/messages"),
        ("/routing/v1/responses", "/routing/v1/responses"),
        ("/v1/models", "/v1/models"),
        ("/v1/made/up", "/v1/*"),
        ("/wp-admin", "other"),
    ],
)
def test_a_path_is_one_that_is_served(path, label):
    assert path_label(path) == label


def test_so_is_a_method_and_a_status():
    assert [method_label(each) for each in ("POST", "BREW")] == ["POST", "other"]
    assert [status_label(each) for each in (200, 499, 529, 999, 7)] == ["2xx", "4xx", "5xx", "other", "other"]


def test_a_provider_is_the_first_part_of_a_model():
    assert [provider_of(each) for each in ("openai/gpt", "anthropic/*", "other")] == ["openai", "anthropic", "other"]
