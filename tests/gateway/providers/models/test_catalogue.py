import dataclasses

import pytest

from filters.formats.canonical.request import ModelOptions
from gateway.providers.builtin import BUILTIN
from gateway.providers.models.catalogue import model_facts, server_facts
from gateway.providers.models.rules import RULES

FIELDS = {field.name for field in dataclasses.fields(ModelOptions)} | {"context", "inputs"}
L, M, H = "low", "medium", "high"


def options(api, model, **chosen):
    server = BUILTIN[api].options if api in BUILTIN else ModelOptions()
    return model_facts(api, server, model, chosen).options


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.family}-{rule.since}-{rule.name}")
def test_a_rule_speaks_of_options_that_there_are_and_names_its_source(rule):
    assert set(rule.says) <= FIELDS
    assert rule.source
    assert rule.since < rule.before


@pytest.mark.parametrize(
    ("model", "thinking", "adaptive", "effort", "sampling", "late"),
    [
        ("claude-3-5-sonnet-20241022", False, False, False, True, False),
        ("claude-3-7-sonnet-20250219", True, False, False, True, False),
        ("claude-sonnet-4-20250514", True, False, False, True, False),
        ("claude-haiku-4-5", True, False, False, True, False),
        ("claude-sonnet-4-5-20250929", True, False, False, True, False),
        ("claude-opus-4-5", True, False, True, True, False),
        ("claude-opus-4-6", True, True, True, True, False),
        ("claude-sonnet-4-6", True, True, True, True, False),
        ("claude-opus-4-7", True, True, True, False, False),
        ("claude-opus-4-8", True, True, True, False, True),
        ("claude-opus-5", True, True, True, False, True),
        ("claude-sonnet-5-5", True, True, True, False, True),
        ("claude-haiku-5-5", True, True, True, False, True),
        ("claude-fable-5", True, True, True, False, True),
        ("claude-opus-7", True, True, True, False, True),
    ],
)
def test_what_a_claude_takes_goes_by_its_generation(model, thinking, adaptive, effort, sampling, late):
    found = options("anthropic", model)
    assert (found.thinking, found.adaptive_thinking, found.reasoning_effort) == (thinking, adaptive, effort)
    assert (found.sampling, found.late_system) == (sampling, late)
    assert not found.root_combinators


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("claude-opus-4-5", (L, M, H)),
        ("claude-opus-4-6", (L, M, H, "max")),
        ("claude-opus-4-7", (L, M, H, "xhigh", "max")),
        ("claude-sonnet-5", (L, M, H, "xhigh", "max")),
    ],
)
def test_efforts_of_claude_go_by_its_generation(model, efforts):
    assert options("anthropic", model).efforts == efforts


@pytest.mark.parametrize(
    ("api", "model", "efforts"),
    [
        ("openai", "gpt-5", ("minimal", L, M, H)),
        ("openai", "gpt-5-mini-2025-08-07", ("minimal", L, M, H)),
        ("openai", "gpt-5-codex", (L, M, H)),
        ("openai", "gpt-5-pro", (H,)),
        ("openai", "gpt-5.1", ("none", L, M, H)),
        ("openai", "gpt-5.1-codex", (L, M, H)),
        ("openai", "gpt-5.1-codex-max", (L, M, H, "xhigh")),
        ("openai", "gpt-5.2", ("none", L, M, H, "xhigh")),
        ("openai", "gpt-5.2-pro", (M, H, "xhigh")),
        ("openai", "gpt-5.3-codex", (L, M, H, "xhigh")),
        ("azure_openai", "gpt-5.4", ("none", L, M, H, "xhigh")),
        ("openai", "gpt-5.6-terra", ("none", L, M, H, "xhigh", "max")),
        ("openai", "gpt-6-astra", (L, M, H, "xhigh", "max")),
        ("openai", "gpt-8", ("none", L, M, H, "xhigh", "max")),
        ("openai", "o3", (L, M, H)),
        ("openai", "o4-mini", (L, M, H)),
        ("gemini", "gemini-2.5-flash", ("none", L, M, H)),
        ("gemini", "gemini-2.5-pro", (L, M, H)),
        ("gemini", "gemini-3-flash-preview", ("minimal", L, M, H)),
        ("gemini", "gemini-3.1-pro-preview", (L, M, H)),
        ("xai", "grok-3-mini", (L, H)),
        ("xai", "grok-4.3", ("none", L, M, H)),
        ("xai", "grok-4.5", (L, M, H)),
        ("xai", "grok-4.7", (L, M, H, "xhigh")),
        ("mistral", "mistral-small-2603", ("none", H)),
        ("mistral", "magistral-small-latest", ("none", H)),
        ("deepseek", "deepseek-v4-pro", (L, M, H, "max")),
        ("moonshotai", "kimi-k3", (L, H, "max")),
        ("zhipu", "glm-5.2", ("none", H, "max")),
        ("zhipu", "glm-5.3-flash", (L, H, "max")),
        ("groq", "openai/gpt-oss-120b", (L, M, H)),
        ("groq", "gpt-oss-120b", (L, M, H)),
        ("cerebras", "gpt-oss-120b", (L, M, H)),
        ("vllm", "gpt-5-clone", (L, M, H)),
        ("ollama", "qwen3.8", ("none", L, M, H)),
    ],
)
def test_efforts_go_by_the_model_and_its_host(api, model, efforts):
    found = options(api, model)
    assert found.reasoning_effort
    assert found.efforts == efforts


@pytest.mark.parametrize(
    ("api", "model"),
    [
        ("openai", "gpt-4o-mini"), ("openai", "gpt-4.1"), ("openai", "gpt-3.5-turbo"), ("openai", "gpt-5-chat-latest"),
        ("openai", "o1-mini"), ("azure_openai", "gpt-4o"), ("mine", "gpt-4o"), ("gemini", "gemini-2.0-flash"),
        ("xai", "grok-4-0709"), ("xai", "grok-4-fast-reasoning"), ("xai", "grok-code-fast-1"), ("xai", "grok-4.20"),
        ("mistral", "mistral-large-2512"), ("mistral", "codestral-latest"), ("groq", "llama-3.3-70b-versatile"),
        ("groq", "qwen/qwen3-32b"), ("cerebras", "qwen-3-32b"), ("moonshotai", "kimi-k2-0905-preview"),
        ("zhipu", "glm-4.6"), ("zhipu", "glm-5"), ("deepseek", "deepseek-v3.2"), ("anthropic", "claude-haiku-4-5"),
    ],
)  # fmt: skip
def test_models_without_efforts_get_none(api, model):
    assert not options(api, model).reasoning_effort


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("gpt-4o", "any"), ("gpt-5", "any"), ("gpt-5.1", "any"), ("gpt-5.2", "absent"), ("gpt-5.4-mini", "absent"),
        ("gpt-5.5", "none"), ("gpt-5.6-terra", "none"), ("gpt-6-sol", "none"), ("o3", "any"),
    ],
)  # fmt: skip
def test_what_chat_completions_takes_beside_tools_goes_by_the_model(model, effort):
    assert options("openai", model).effort_with_tools == effort


@pytest.mark.parametrize(
    ("model", "sampling", "with_reasoning"),
    [
        ("gpt-4o", True, True), ("gpt-5", False, True), ("gpt-5-chat-latest", True, True), ("gpt-5.1", True, False),
        ("gpt-5.4", True, False), ("gpt-5.4-pro", False, False), ("gpt-5.6-terra", False, True),
        ("o4-mini", False, True),
    ],
)  # fmt: skip
def test_sampling_settings_go_by_the_model(model, sampling, with_reasoning):
    found = options("openai", model)
    assert (found.sampling, found.sampling_with_reasoning) == (sampling, with_reasoning)


def test_a_reasoning_model_of_openais_refuses_what_the_others_take():
    assert {"logprobs", "presence_penalty"} <= options("openai", "gpt-5").refused
    assert "logprobs" not in options("openai", "gpt-4o").refused
    assert (options("openai", "o3").stop_limit, options("openai", "gpt-4o").stop_limit) == (0, 4)
    assert (options("openai", "gpt-5").custom_tools, options("openai", "gpt-4o").custom_tools) == (True, False)


@pytest.mark.parametrize(
    ("api", "model", "back", "required"),
    [
        ("deepseek", "deepseek-v4-flash", True, True), ("deepseek", "deepseek-chat", True, True),
        ("moonshotai", "kimi-k2.5", True, True), ("moonshotai", "kimi-k2-thinking", True, True),
        ("moonshotai", "kimi-k2-0905-preview", False, False), ("zhipu", "glm-5", True, False),
        ("vllm", "qwen3.8", True, False), ("openai", "gpt-5", False, False),
    ],
)  # fmt: skip
def test_who_gets_reasoning_content_back(api, model, back, required):
    found = options(api, model)
    assert (found.reasoning_content, found.reasoning_content_required) == (back, required)


@pytest.mark.parametrize(
    ("api", "model", "limit", "default"),
    [
        ("openai", "gpt-4o-mini", 16_384, 8192), ("anthropic", "claude-3-haiku-20240307", 4096, 4096),
        ("anthropic", "claude-haiku-4-5", 64_000, 8192), ("anthropic", "claude-opus-5", 128_000, 8192),
        ("mine", "who-knows", None, 8192), ("vllm", "openai/gpt-oss-120b", None, 8192),
    ],
)  # fmt: skip
def test_the_output_ceiling_bounds_the_default_too(api, model, limit, default):
    found = options(api, model)
    assert (found.max_tokens_limit, found.max_tokens_default) == (limit, default)


def test_context_and_inputs_are_known_or_unknown():
    known = model_facts("openai", ModelOptions(), "gpt-4o", {})
    assert (known.context, "image" in known.inputs) == (128_000, True)
    unknown = model_facts("mine", ModelOptions(), "who-knows", {})
    assert (unknown.context, unknown.inputs) == (None, None)


def test_what_the_operator_says_stands_above_all():
    chosen = {"sampling": True, "efforts": ("high",), "max_tokens_limit": 5, "context": 7, "inputs": ("text",)}
    found = model_facts("anthropic", ModelOptions(), "claude-opus-5", chosen)
    assert (found.options.sampling, found.options.efforts, found.options.max_tokens_limit) == (True, ("high",), 5)
    assert (found.context, found.inputs) == (7, {"text"})


def test_a_host_that_adapts_requests_by_itself_gets_them_as_they_are():
    found = server_facts(ModelOptions(user_limit=128), {"context": 9})
    assert (found.options, found.context, found.inputs) == (ModelOptions(user_limit=128), 9, None)


def test_gemini_gets_its_signatures_and_mistral_its_ids():
    assert options("gemini", "gemini-3.1-pro").thought_signatures
    assert not options("gemini", "gemini-2.0-flash").thought_signatures
    assert options("mistral", "mistral-large-latest").tool_id_length == 9


@pytest.mark.parametrize(
    ("api", "model", "taken"),
    [
        ("deepseek", "deepseek-v4-pro", False),
        ("zhipu", "glm-5", False),
        ("openai", "gpt-4o", True),
        ("mine", "x", True),
    ],
)
def test_a_schema_for_the_output_goes_where_it_is_known(api, model, taken):
    assert options(api, model).output_schema is taken


@pytest.mark.parametrize(
    ("api", "model", "any_calls"),
    [("vllm", "qwen3.8", True), ("ollama", "gpt-oss", True), ("openai", "gpt-4o", False), ("groq", "qwen3-32b", False)],
)
def test_servers_of_open_models_take_tools_of_any_name(api, model, any_calls):
    assert options(api, model).any_calls is any_calls


def test_a_model_that_only_its_vendor_has_checks_names_behind_any_server():
    own = ModelOptions(any_calls=True)
    assert not model_facts("lab", own, "claude-opus-5", {}).options.any_calls
    assert model_facts("lab", own, "who-knows", {}).options.any_calls


@pytest.mark.parametrize(("model", "both"), [("claude-sonnet-4-20250514", True), ("claude-opus-4-1", False),
                                             ("claude-haiku-4-5", False)])  # fmt: skip
def test_newer_claudes_take_a_temperature_or_top_p(model, both):
    assert options("anthropic", model).both_sampling is both
