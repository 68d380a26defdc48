import pytest

from gateway.providers.models.makers import may_have


@pytest.mark.parametrize(
    ("api", "model", "may"),
    [
        ("anthropic", "claude-9", True), ("anthropic", "gpt-9", False), ("anthropic", "who-knows", True),
        ("openai", "o9", True), ("openai", "claude-9", False), ("openai", "text-embedding-9", True),
        ("groq", "llama-9", True), ("groq", "gpt-oss-20b", True), ("groq", "gpt-9", False), ("groq", "kimi-k9", True),
        ("ollama", "gemini-9", False), ("azure_openai", "gpt-9", True), ("amazon_bedrock", "claude-9", True),
        ("openrouter", "openai/gpt-9", True), ("openrouter", "gpt-9", False), ("openai", "openai/gpt-9", False),
    ],
)  # fmt: skip
def test_a_provider_at_home_may_have_what_its_kind_has(api, model, may):
    assert may_have(api, model, at_home=True) is may


@pytest.mark.parametrize(("model", "may"), [("gpt-9", True), ("claude-9", True), ("a/b", False)])
def test_a_server_of_ones_own_may_have_anything(model, may):
    assert may_have("openai", model, at_home=False) is may
