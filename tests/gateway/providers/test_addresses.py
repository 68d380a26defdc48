import pytest

from gateway.providers.addresses import endpoints, format_shown, formats_at, whole_endpoint
from gateway.providers.builtin import BUILTIN, INTERFACES, OPENAI, OWN

CLAUDE, AZURE, OPENAI_API = INTERFACES["claude"], BUILTIN["azure_openai"], BUILTIN["openai"]
CHAT, MESSAGES, RESPONSES = "chat/completions", "messages", "responses"


@pytest.mark.parametrize(
    ("base_url", "server", "operation", "url"),
    [
        ("http://h", OWN, CHAT, "http://h/v1/chat/completions"),
        ("http://h/", OWN, CHAT, "http://h/v1/chat/completions"),
        ("http://h/v1", OWN, CHAT, "http://h/v1/chat/completions"),
        ("http://h/v1/", OWN, CHAT, "http://h/v1/chat/completions"),
        ("http://h/v1/chat/completions", OWN, CHAT, "http://h/v1/chat/completions"),
        ("http://h/v1/chat/completions/", OWN, "embeddings", "http://h/v1/embeddings"),
        ("http://h/chat/completions", OWN, CHAT, "http://h/v1/chat/completions"),
        ("http://h/v1/responses", OWN, RESPONSES, "http://h/v1/responses"),
        ("http://h/api/paas/v4", OWN, CHAT, "http://h/api/paas/v4/chat/completions"),
        ("http://localhost:11434/api/chat", OWN, CHAT, "http://localhost:11434/v1/chat/completions"),
        ("http://gpu:11434/api", BUILTIN["ollama"], CHAT, "http://gpu:11434/v1/chat/completions"),
        ("http://h/api", OWN, CHAT, "http://h/api/chat/completions"),
        ("https://h/serving-endpoints", OWN, CHAT, "https://h/serving-endpoints/chat/completions"),
        ("http://h/api/v3/embeddings", OWN, "embeddings", "http://h/api/v3/embeddings"),
        ("http://[::1]:8000", OWN, CHAT, "http://[::1]:8000/v1/chat/completions"),
        ("https://api.openai.com", OPENAI_API, CHAT, "https://api.openai.com/v1/chat/completions"),
        ("https://api.groq.com/openai", OWN, CHAT, "https://api.groq.com/openai/v1/chat/completions"),
        ("https://openrouter.ai/api", OWN, CHAT, "https://openrouter.ai/api/v1/chat/completions"),
        ("https://api.perplexity.ai", OWN, CHAT, "https://api.perplexity.ai/chat/completions"),
        (
            "https://generativelanguage.googleapis.com", OWN, CHAT,
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        ),
        ("https://api.anthropic.com", CLAUDE, MESSAGES, "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1/messages", CLAUDE, MESSAGES, "https://api.anthropic.com/v1/messages"),
        ("https://api.deepseek.com/anthropic", CLAUDE, MESSAGES, "https://api.deepseek.com/anthropic/v1/messages"),
        ("https://api.z.ai/api/anthropic", OWN, MESSAGES, "https://api.z.ai/api/anthropic/v1/messages"),
        ("https://api.moonshot.ai/anthropic/v1", CLAUDE, MESSAGES, "https://api.moonshot.ai/anthropic/v1/messages"),
        ("https://h/strict", CLAUDE, MESSAGES, "https://h/strict/v1/messages"),
        ("https://h/strict/v1", CLAUDE, "messages/count_tokens", "https://h/strict/v1/messages/count_tokens"),
        (
            "https://bedrock-runtime.us-east-1.amazonaws.com", OWN, CHAT,
            "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1/chat/completions",
        ),
    ],
)  # fmt: skip
def test_a_url_as_a_vendor_prints_it_leads_to_the_operation(base_url, server, operation, url):
    assert endpoints(base_url, server, None).of(operation, "m") == url


DEPLOYED = "https://x.openai.azure.com/openai/deployments/m/chat/completions?api-version="


@pytest.mark.parametrize(
    ("base_url", "version", "operation", "url"),
    [
        ("https://x.openai.azure.com", None, CHAT, DEPLOYED + "2024-10-21"),
        ("https://x.openai.azure.com/", "2025-01-01", CHAT, DEPLOYED + "2025-01-01"),
        ("https://x.openai.azure.com/openai", "2025-01-01", CHAT, DEPLOYED + "2025-01-01"),
        ("https://x.openai.azure.com/openai/", None, CHAT, DEPLOYED + "2024-10-21"),
        (
            "https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview", None, RESPONSES,
            "https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview",
        ),
        (
            "https://x.services.ai.azure.com/api/projects/p", None, RESPONSES,
            "https://x.services.ai.azure.com/api/projects/p/openai/v1/responses",
        ),
        (
            "https://apim.example/gw", "2025-01-01", "embeddings",
            "https://apim.example/gw/openai/deployments/m/embeddings?api-version=2025-01-01",
        ),
        (DEPLOYED + "2025-03-01-preview", None, CHAT, DEPLOYED + "2025-03-01-preview"),
        (DEPLOYED + "2025-03-01-preview", "2026-01-01", CHAT, DEPLOYED + "2026-01-01"),
        ("https://x.openai.azure.com/openai/deployments/m", None, CHAT, DEPLOYED + "2024-10-21"),
        ("https://x.openai.azure.com/openai/v1", None, CHAT, "https://x.openai.azure.com/openai/v1/chat/completions"),
        ("https://x.openai.azure.com/openai/v1/", None, RESPONSES, "https://x.openai.azure.com/openai/v1/responses"),
        (
            "https://x.openai.azure.com/openai/v1", "preview", CHAT,
            "https://x.openai.azure.com/openai/v1/chat/completions?api-version=preview",
        ),
        (
            "https://x.openai.azure.com", None, RESPONSES,
            "https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview",
        ),
        (
            "https://x.services.ai.azure.com/models", None, CHAT,
            "https://x.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
        ),
    ],
)  # fmt: skip
def test_azures_urls_have_their_deployment_and_version(base_url, version, operation, url):
    assert endpoints(base_url, AZURE, version).of(operation, "m") == url


def test_a_deployments_name_is_encoded():
    assert "/deployments/team%2Fgpt/" in endpoints("https://x.openai.azure.com", AZURE, None).of(CHAT, "team/gpt")


@pytest.mark.parametrize(
    ("base_url", "operation"),
    [
        ("http://h/v1/chat/completions", "chat/completions"), ("http://h/v1/completions/", "completions"),
        ("http://h/messages/count_tokens", "messages/count_tokens"), ("http://h/v1/messages", "messages"),
        ("http://h/v1", None), ("http://h", None), ("http://h/my-messages", None),
    ],
)  # fmt: skip
def test_a_whole_endpoint_is_told_from_the_root_of_an_api(base_url, operation):
    assert whole_endpoint(base_url) == operation


@pytest.mark.parametrize(
    ("base_url", "wire"),
    [
        ("http://h/v1/chat/completions", "openai_chat"),
        ("http://h/v1/responses", "openai_responses"),
        ("http://h/v1/messages", "anthropic_messages"), ("http://h/anthropic", "anthropic_messages"),
        ("http://h/api/anthropic/v1/", "anthropic_messages"), ("http://h/v1", None),
        ("http://h/v1/embeddings", None), ("", None),
    ],
)  # fmt: skip
def test_a_url_may_show_the_wire_format(base_url, wire):
    assert format_shown(base_url) is wire


def test_azures_v1_api_has_responses_too():
    assert formats_at("https://x.openai.azure.com/openai/v1/", AZURE) == OPENAI
    assert formats_at("https://x.openai.azure.com", AZURE) == AZURE.formats
    assert formats_at("http://h/v1", OWN) == OWN.formats


def test_a_project_of_azures_foundry_has_responses_too():
    assert formats_at("https://x.services.ai.azure.com/api/projects/p/", AZURE) == OPENAI
