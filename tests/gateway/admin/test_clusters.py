import pytest

from gateway.admin.clusters import clusters_of, clusters_routes
from tests.support.admin import ports, served
from tests.support.gateway import config_text, load

PROVIDERS = [
    {"model": "openai/gpt", "access_key": "sk-secret", "default": "true"},
    {"model": "local/llama", "base_url": "http://127.0.0.1:8000"},
    {"model": "anthropic/claude", "access_key": "$NOWHERE"},
]


@pytest.fixture
def config(tmp_path):
    return load(tmp_path, config_text(PROVIDERS))


def states(config, ejected):
    return {each["model"]: (each["state"], each["seconds_left"]) for each in clusters_of(config, ejected)["clusters"]}


@pytest.mark.parametrize("name", ["local/llama http://127.0.0.1:8000/v1", "local/* http://127.0.0.1:8000/v1"])
def test_a_model_is_out_while_it_or_its_provider_is_ejected(config, name):
    assert states(config, {name: 12.5}) == {
        "openai/gpt": ("healthy", None),
        "local/llama": ("ejected", 12.5),
        "anthropic/claude": ("no_key", None),
    }


def test_the_missing_variable_is_named_and_no_key_is_shown(config):
    seen = clusters_of(config, {})
    assert [each["key_missing"] for each in seen["clusters"]] == [None, None, "NOWHERE"]
    assert [each["default"] for each in seen["clusters"]] == [True, False, False]
    assert "sk-secret" not in str(seen)


def test_what_is_ejected_and_not_configured_is_told_apart(config):
    unlisted, listed = "openai/unlisted http://127.0.0.1", "local/llama http://127.0.0.1:8000/v1"
    assert clusters_of(config, {unlisted: 3.0, listed: 1.0})["others"] == {unlisted: 3.0}


async def test_it_is_served(config):
    async with served(
        clusters_routes(ports(config, ejected=lambda: {"local/* http://127.0.0.1:8000/v1": 1.0}))
    ) as client:
        seen = await (await client.get("/clusters")).json()
    assert [each["state"] for each in seen["clusters"]] == ["healthy", "ejected", "no_key"]
