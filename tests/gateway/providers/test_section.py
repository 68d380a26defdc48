import pytest
from pydantic import ValidationError

from gateway.providers.builtin import ANTHROPIC, CHAT, OPENAI
from gateway.providers.section import ModelProvider
from tests.support.config_files import problems


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("model: gpt-4o", "model_providers[0].model: must be provider/name, or provider/* for whatever"),
        ("model: openai/gpt*", "model_providers[0].model: must be provider/name"),
        ("model: openai/", "model_providers[0].model: must be provider/name"),
        ("name: x", "model_providers[0].model: is missing"),
        ("model: grok/x", "'grok' is not built in, so it needs a base_url; did you mean 'xai'?"),
        ("model: Google/x", "'Google' is not built in, so it needs a base_url; did you mean 'gemini'?"),
        ("model: mistralai/x", "'mistralai' is not built in, so it needs a base_url; did you mean 'mistral'?"),
        ("model: azure_openai/x", "azure_openai needs a base_url, since each customer has an address of their own"),
        ("model: a/b, base_url: 'ftp://x'", "base_url: 'ftp://x' has the scheme ftp; it must be http or https"),
        ("model: a/b, base_url: 'http://x?y=1'", "base_url: 'http://x' holds a query or a fragment"),
        ("model: a/b, base_url: 'http://me:secret@x/v1'", "'http://***@x/v1' holds credentials; a key belongs"),
        (
            "model: a/b, base_url: 'http://x', provider_interface: cluade",
            "'cluade' is not an interface; did you mean 'claude'",
        ),
        ("model: openai/a, formats: [openai_chatt]", "formats[0]: 'openai_chatt' is not one of openai_chat"),
        ("model: openai/a, formats: []", "formats: must not be empty"),
        ("model: openai/a, api_version: '1'", "api_version is Azure's; this entry's API has none"),
        ("model: a/b, base_url: 'http://h?api-version=1'", "api_version is Azure's; this entry's API has none"),
        ("model: a/b, base_url: 'http://h', aws: {access_key_id: $A, secret_access_key: $B}", "aws needs a region"),
        (
            "model: a/b, base_url: 'http://h', access_key: $A, aws: {access_key_id: $A, secret_access_key: $B}",
            "two ways to authenticate",
        ),
        ("model: openai/a, headers: {'X Y': z}", "must be an HTTP header name"),
        ("model: openai/a, headers: 3", "headers: must be a mapping of names to values"),
        ("model: openai/a, default: 1", "default: must be true or false"),
        ("model: openai/a, idle_timeout_seconds: 0", "idle_timeout_seconds: must be greater than 0"),
        ("model: openai/a, idle_timeout_seconds: .inf", "idle_timeout_seconds: must be a finite number"),
        ("model: openai/a, options: {samplin: true}", "options.samplin: unknown key; did you mean 'sampling'?"),
    ],
)
def test_a_wrong_provider_is_refused_at_its_key(tmp_path, entry, message):
    (problem,) = problems(tmp_path, f"model_providers: [{{{entry}}}]")
    assert message in problem


@pytest.mark.parametrize(
    ("entry", "api", "formats", "auth"),
    [
        ({"model": "azure/gpt", "base_url": "https://h"}, "azure", CHAT, "api-key"),
        ({"model": "e/g", "base_url": "https://h", "provider_interface": "azure"}, "azure", CHAT, "api-key"),
        ({"model": "azure_openai/gpt", "base_url": "https://h/openai/v1"}, "azure_openai", OPENAI, "api-key"),
        (
            {"model": "azure/gpt", "base_url": "https://h/openai/responses?api-version=2025-04-01-preview"},
            "azure",
            ("openai_responses",),
            "api-key",
        ),
        ({"model": "ds/x", "base_url": "https://h/anthropic"}, "anthropic", ANTHROPIC, "x-api-key"),
        ({"model": "deepseek/x", "base_url": "https://h/anthropic/v1"}, "anthropic", ANTHROPIC, "x-api-key"),
        ({"model": "mine/x", "base_url": "https://h/v1/messages"}, "anthropic", ANTHROPIC, "x-api-key"),
        ({"model": "mine/x", "base_url": "https://h/v1/responses"}, "openai", OPENAI[1:], "bearer"),
        ({"model": "openai/x", "base_url": "https://h/v1/chat/completions"}, "openai", CHAT, "bearer"),
        ({"model": "m/x", "base_url": "http://h", "provider_interface": "claude"}, "anthropic", ANTHROPIC, "x-api-key"),
        ({"model": "mine/x", "base_url": "https://h", "provider_interface": "groq"}, "groq", CHAT, "bearer"),
        ({"model": "groq/x"}, "groq", CHAT, "bearer"),
        ({"model": "mine/x", "base_url": "https://h"}, "openai", CHAT, "bearer"),
    ],
)  # fmt: skip
def test_the_api_goes_by_the_interface_the_url_and_the_prefix(entry, api, formats, auth):
    made = ModelProvider.model_validate(entry)
    assert (made.api, made.spoken, made.server.auth) == (api, formats, auth)


def test_formats_that_are_given_stand():
    made = ModelProvider.model_validate({"model": "a/b", "base_url": "https://h/anthropic", "formats": ["openai_chat"]})
    assert made.spoken == CHAT


@pytest.mark.parametrize("price", [{"input": 1}, {"input": -1, "output": 1}, {"input": "cheap", "output": 1}])
def test_a_price_is_what_a_million_tokens_in_and_out_cost(price):
    entry = {"model": "own/m", "base_url": "http://127.0.0.1:9"}
    assert ModelProvider(**entry, price={"input": 0, "output": 2}).price.output == 2
    with pytest.raises(ValidationError):
        ModelProvider(**entry, price=price)
