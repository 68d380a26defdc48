import pytest

from gateway.providers.models.names import NEWEST, bare, read_name, undated


@pytest.mark.parametrize(
    ("name", "family", "version"),
    [
        ("claude-opus-4-5-20251101", "claude", (4, 5)),
        ("anthropic/claude-opus-4.5", "claude", (4, 5)),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", "claude", (4, 5)),
        ("global.anthropic.claude-sonnet-5", "claude", (5, 0)),
        ("claude-opus-4-5@20251101", "claude", (4, 5)),
        ("claude-3-5-sonnet-20241022", "claude", (3, 5)),
        ("claude-3-opus-20240229", "claude", (3, 0)),
        ("claude-sonnet-4-20250514", "claude", (4, 0)),
        ("claude-4.7-opus", "claude", (4, 7)),
        ("claude-haiku-5-5", "claude", (5, 5)),
        ("claude-fable-5", "claude", (5, 0)),
        ("claude-mythos-preview", "claude", NEWEST),
        ("claude-2.1", "claude", (2, 1)),
        ("gpt-4o", "gpt", (4, 0)),
        ("gpt-4o-2024-08-06", "gpt", (4, 0)),
        ("gpt-4.1-mini", "gpt", (4, 1)),
        ("gpt-35-turbo", "gpt", (3, 5)),
        ("gpt-4-0613", "gpt", (4, 0)),
        ("gpt-5-2025-08-07", "gpt", (5, 0)),
        ("gpt-5.1-codex-max", "gpt", (5, 1)),
        ("openai/gpt-5.6-terra", "gpt", (5, 6)),
        ("gpt-6.1-sol", "gpt", (6, 1)),
        ("chatgpt-4o-latest", "gpt", (4, 0)),
        ("gpt-chat-latest", "gpt", NEWEST),
        ("openai/gpt-oss-120b", "gpt-oss", NEWEST),
        ("o1", "o", (1, 0)),
        ("o3-mini", "o", (3, 0)),
        ("o4-mini-2025-04-16", "o", (4, 0)),
        ("gemini-2.5-flash-lite", "gemini", (2, 5)),
        ("models/gemini-3-pro-preview", "gemini", (3, 0)),
        ("google/gemini-3.1-pro", "gemini", (3, 1)),
        ("gemini-flash-latest", "gemini", NEWEST),
        ("gemini-pro-1.5", "gemini", (1, 5)),
        ("grok-4-0709", "grok", (4, 0)),
        ("grok-4-1-fast-reasoning", "grok", (4, 1)),
        ("x-ai/grok-4.20", "grok", (4, 20)),
        ("grok-4.6", "grok", (4, 6)),
        ("grok-code-fast-1", "grok", NEWEST),
        ("deepseek-v3.2", "deepseek", (3, 2)),
        ("deepseek-r1-distill-llama-70b", "deepseek", (1, 0)),
        ("deepseek-chat", "deepseek", NEWEST),
        ("kimi-k2-0905-preview", "kimi", (2, 0)),
        ("accounts/fireworks/models/kimi-k2p5", "kimi", (2, 5)),
        ("moonshot-v1-8k", "kimi", (1, 8)),
        ("glm-4-32b-0414", "glm", (4, 0)),
        ("zai-org/GLM-5.3", "glm", (5, 3)),
        ("accounts/fireworks/models/glm-4p7", "glm", (4, 7)),
        ("qwen3.8", "qwen", (3, 8)),
        ("qwen/qwen3-32b", "qwen", (3, 0)),
        ("mistral-small-2603", "mistral", (26, 3)),
        ("codestral-latest", "mistral", NEWEST),
        ("pixtral-large-2411", "mistral", (24, 11)),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama", (3, 3)),
        ("MiniMaxAI/MiniMax-M2.1", "minimax", (2, 1)),
        ("my-own-model", "", NEWEST),
        ("nanogpt", "", NEWEST),
        ("azure-gpt-4o", "gpt", (4, 0)),
    ],
)
def test_family_and_version_are_read_however_the_name_is_spelled(name, family, version):
    read = read_name(name)
    assert (read.family, read.version) == (family, version)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deepseek/deepseek-r1:free", "deepseek-r1"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"),
        ("accounts/fireworks/models/glm-4p7", "glm-4.7"),
        ("Qwen_3", "qwen-3"),
    ],
)
def test_what_a_host_adds_to_a_name_is_taken_away(name, text):
    assert bare(name) == text


@pytest.mark.parametrize("name", ["gpt-4o-2024-08-06", "gpt-4o-20240806", "gpt-4o-latest", "gpt-4o-preview", "gpt-4o"])
def test_a_date_is_not_part_of_a_model(name):
    assert undated(name) == "gpt-4o"
