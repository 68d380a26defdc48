import pytest

from gateway.config.sections import Limits
from gateway.providers.auth.authenticator import Outgoing
from gateway.providers.provider import build_provider
from gateway.providers.section import ModelProvider

CHAT, RESPONSES, MESSAGES = "openai_chat", "openai_responses", "anthropic_messages"


OUT = Outgoing("POST", "https://h/v1/chat/completions", b"{}")


def provider(model, **keys):
    return build_provider(ModelProvider.model_validate({"model": model, **keys}), Limits())


@pytest.mark.parametrize(
    ("model", "keys", "url"),
    [
        ("openai/gpt-4o", {}, "https://api.openai.com/v1/chat/completions"),
        ("gemini/flash", {}, "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions"),
        ("groq/llama", {}, "https://api.groq.com/openai/v1/chat/completions"),
        ("perplexity/sonar", {}, "https://api.perplexity.ai/chat/completions"),
        ("mine/x", {"base_url": "http://h:8000"}, "http://h:8000/v1/chat/completions"),
        ("mine/x", {"base_url": "http://h:8000/"}, "http://h:8000/v1/chat/completions"),
        ("mine/x", {"base_url": "http://h/api/v3/"}, "http://h/api/v3/chat/completions"),
        (
            "azure_openai/team/gpt",
            {"base_url": "https://me.openai.azure.com"},
            "https://me.openai.azure.com/openai/deployments/team%2Fgpt/chat/completions?api-version=2024-10-21",
        ),
        (
            "azure_openai/gpt",
            {"base_url": "https://me.openai.azure.com/openai/v1"},
            "https://me.openai.azure.com/openai/v1/chat/completions",
        ),
    ],
)
def test_a_request_goes_to_the_base_url_and_the_operation(model, keys, url):
    assert provider(model, **keys).url(CHAT, model) == url


def test_each_format_has_its_operation():
    found = provider("mine/x", base_url="http://h")
    assert found.url(RESPONSES, "mine/x") == "http://h/v1/responses"
    assert found.url(MESSAGES, "mine/x") == "http://h/v1/messages"
    assert found.url_of("messages/count_tokens", "mine/x") == "http://h/v1/messages/count_tokens"


@pytest.mark.parametrize(
    ("model", "keys", "formats", "auth"),
    [
        ("openai/x", {}, (CHAT, RESPONSES), "bearer"),
        ("anthropic/x", {}, (MESSAGES,), "x-api-key"),
        ("azure_openai/x", {"base_url": "https://h"}, (CHAT,), "api-key"),
        ("mine/x", {"base_url": "http://h"}, (CHAT,), "bearer"),
        ("mine/x", {"base_url": "http://h", "provider_interface": "openai"}, (CHAT,), "bearer"),
        ("mine/x", {"base_url": "http://h", "provider_interface": "claude"}, (MESSAGES,), "x-api-key"),
        (
            "mine/x",
            {"base_url": "http://h", "formats": ["anthropic_messages", "openai_chat"]},
            (MESSAGES, CHAT),
            "bearer",
        ),
        ("deepseek/x", {"provider_interface": "claude", "base_url": "http://h/anthropic"}, (MESSAGES,), "x-api-key"),
    ],
)
def test_a_provider_speaks_what_it_says_or_what_its_kind_does(model, keys, formats, auth):
    found = provider(model, access_key="k", **keys)
    header = {"bearer": "authorization"}.get(auth, auth)
    assert found.formats == formats
    assert found.credentials(OUT) == {header: "Bearer k" if auth == "bearer" else "k"}


def test_two_addresses_on_one_host_are_two_providers():
    first, second = provider("a/x", base_url="http://h:1"), provider("b/x", base_url="http://h:2")
    assert first.base_url != second.base_url


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({"base_url": "http://h/", "access_key": "k"}, True),
        ({"base_url": "http://h", "access_key": "k", "max_retries": 0}, True),
        ({"base_url": "http://other", "access_key": "k"}, False),
        ({"base_url": "http://h", "access_key": "of another account"}, False),
        ({"base_url": "http://h", "access_key": "k", "headers": {"OpenAI-Project": "another"}}, False),
    ],
)
def test_models_of_one_account_of_one_server_keep_their_answers_together(other, same):
    one = provider("mine/x", base_url="http://h", access_key="k")
    assert one.keeps_with(provider("mine/y", **other)) is same


def test_limits_are_the_defaults_of_each_provider():
    timeouts = provider("openai/x", idle_timeout_seconds=7).timeouts
    assert (timeouts.connect, timeouts.first_byte, timeouts.idle) == (5, 600, 7)
    assert provider("openai/x").max_retries == 2
    assert provider("openai/x", max_retries=0).max_retries == 0


def test_options_are_what_is_known_of_the_provider_and_what_the_entry_says():
    options = provider("openai/x", options={"sampling": False}).facts("x").options
    assert (options.sampling, options.max_tokens_field) == (False, "max_completion_tokens")
    assert provider("mine/x", base_url="http://h").facts("x").options.max_tokens_field == "max_tokens"


def test_facts_go_by_the_model_also_under_a_wildcard():
    found = provider("anthropic/*")
    assert not found.facts("claude-opus-5").options.sampling
    assert found.facts("claude-haiku-4-5").options.sampling
    assert found.facts("claude-opus-5") is found.facts("claude-opus-5")


@pytest.mark.parametrize(
    ("model", "keys", "sampling"),
    [
        ("mine/claude-opus-5", {"base_url": "http://h", "provider_interface": "claude"}, False),
        ("mine/gpt-5", {"base_url": "http://h"}, False),
        ("openrouter/anthropic/claude-opus-5", {}, True),
        ("vllm/kimi-k2.5", {}, True),
        ("moonshotai/kimi-k2.5", {}, False),
    ],
)
def test_what_a_model_takes_goes_by_the_api_too(model, keys, sampling):
    found = provider(model, **keys)
    assert found.facts(found.model_id(model)).options.sampling is sampling


def test_what_the_operator_says_has_the_names_of_the_page():
    said = {"context_window": 9, "input_modalities": ["text"], "refused": ["seed"], "efforts": ["high"]}
    facts = provider("openai/gpt-5", options=said).facts("gpt-5")
    assert (facts.context, facts.inputs) == (9, {"text"})
    assert (facts.options.refused, facts.options.efforts) == ({"seed"}, ("high",))


def test_the_configurations_headers_come_before_the_key_and_the_host_last():
    made = provider("openai/x", access_key="k", headers={"X-Team": "a"}, http_host="inner")
    assert made.credentials(OUT) == {"X-Team": "a", "authorization": "Bearer k", "Host": "inner"}


def test_a_header_that_the_key_goes_into_is_sent_once():
    made = provider("openai/x", access_key="k", headers={"Authorization": "Bearer other", "X-Team": "a"})
    assert made.credentials(OUT) == {"X-Team": "a", "authorization": "Bearer k"}


@pytest.mark.parametrize(
    ("formats", "refused"),
    [(["openai_chat"], True), (["openai_responses"], False), (["openai_responses", "openai_chat"], False)],
)
def test_a_server_of_ones_own_that_speaks_responses_takes_openais_fields(formats, refused):
    made = provider("mine/x", base_url="http://h", provider_interface="openai", formats=formats)
    assert ("metadata" in made.facts("x").options.refused) is refused


def test_aws_credentials_sign():
    keys = {"access_key_id": "AKIA", "secret_access_key": "s"}
    made = provider("amazon_bedrock/x", base_url="https://bedrock-runtime.eu-west-1.amazonaws.com", aws=keys)
    assert "/eu-west-1/bedrock/aws4_request" in made.credentials(OUT)["authorization"]
    assert made.url(CHAT, "amazon_bedrock/x").endswith(".amazonaws.com/openai/v1/chat/completions")


def test_nothing_of_a_secret_shows():
    made = provider("openai/x", access_key="s3cret", base_url="http://h/s3cret")
    assert "s3cret" not in repr(made)


def test_a_key_that_passthrough_replaces_is_not_missed():
    assert provider("openai/x", passthrough_auth=True, access_key="k").unset_key is None
