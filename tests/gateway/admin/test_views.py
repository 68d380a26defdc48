from gateway.admin.views import shown
from tests.support.gateway import config_text, load


def test_a_configuration_is_shown_without_defaults_and_without_secrets(tmp_path):
    provider = {"model": "openai/gpt", "access_key": "$KEY", "headers": "{x-team: $TEAM}"}
    config = load(tmp_path, config_text([provider]), {"KEY": "sk-secret", "TEAM": "team-secret"})
    seen = shown(config)
    assert "secret" not in str(seen).replace("'secret'", "")
    assert seen["model_providers"][0]["model"] == "openai/gpt"
    assert "limits" not in seen


def test_the_password_in_an_address_is_masked(tmp_path):
    cache = "{session_cache: {url: 'redis://user:hidden@127.0.0.1/0'}}"
    config = load(tmp_path, config_text([{"model": "openai/gpt"}], routing=cache))
    assert shown(config)["routing"]["session_cache"]["url"] == "redis://***@127.0.0.1/0"
