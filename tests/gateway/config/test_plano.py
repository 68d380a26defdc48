import pytest

from tests.support.config_files import FIXTURES, PROVIDERS, load, problems


def test_the_older_name_of_the_providers_works(tmp_path):
    assert load(tmp_path, "llm_providers: [{model: openai/gpt-4o}]").config.knows("openai/gpt-4o")


def test_both_names_at_once_are_an_error(tmp_path):
    text = "model_providers: [{model: openai/gpt-4o}]\nllm_providers: [{model: openai/gpt-5}]\n"
    assert problems(tmp_path, text) == [
        "2: llm_providers: means the same as model_providers, which differs; keep one of them"
    ]


def test_a_route_under_several_providers_has_their_models_in_order(tmp_path):
    text = """
        version: v0.3.0
        model_providers:
          - model: anthropic/claude-sonnet-4-20250514
            routing_preferences:
              - {name: code, description: writing code}
          - model: openai/gpt-4o
            routing_preferences:
              - {name: code, description: writing code}
              - {name: facts, description: short questions}
        routing_preferences:
          - {name: top, description: at the top, models: [openai/gpt-4o]}
    """
    routes = load(tmp_path, text).config.routes()
    assert [(route.name, route.models) for route in routes] == [
        ("top", ("openai/gpt-4o",)),
        ("code", ("anthropic/claude-sonnet-4-20250514", "openai/gpt-4o")),
        ("facts", ("openai/gpt-4o",)),
    ]


def test_a_route_with_two_descriptions_is_an_error(tmp_path):
    text = """
        model_providers:
          - model: openai/gpt-4o
            routing_preferences:
              - {name: code, description: writing code}
          - model: groq/llama
            routing_preferences:
              - {name: code, description: reading code}
    """
    assert problems(tmp_path, text) == [
        "7: model_providers[1].routing_preferences[0]: the route 'code' has another description on line 4"
    ]


def test_errors_in_an_inline_route_are_told_where_it_was_written(tmp_path):
    text = """
        model_providers:
          - model: openai/*
            routing_preferences:
              - {name: code, description: ""}
              - {name: facts, description: short questions, model: x}
    """
    assert problems(tmp_path, text) == [
        "2: model_providers[0].model: name one model, not all of a provider's",
        "4: model_providers[0].routing_preferences[0].description: must not be empty",
        "5: model_providers[0].routing_preferences[1].model: unknown key; did you mean 'models'?",
    ]


@pytest.mark.parametrize("value", ["3", "[x]"])
def test_inline_routes_of_the_wrong_shape_are_an_error(tmp_path, value):
    text = f"model_providers: [{{model: openai/gpt-4o, routing_preferences: {value}}}]"
    assert problems(tmp_path, text)[0].startswith("1: model_providers[0].routing_preferences: unknown key")


def test_the_older_form_of_listeners_is_a_model_listener(tmp_path):
    text = PROVIDERS + "listeners: {egress_traffic: {address: 127.0.0.1, port: 8080, message_format: openai}}\n"
    (listener,) = load(tmp_path, text).config.listeners
    assert (listener.address, listener.port) == ("127.0.0.1", 8080)


def test_a_prompt_listener_is_refused_in_both_forms(tmp_path):
    old = PROVIDERS + "listeners: {ingress_traffic: {port: 10000}}\n"
    new = PROVIDERS + "listeners: [{type: agent, name: a, port: 8001}, {type: model, name: m}]\n"
    assert "listeners.ingress_traffic: a listener of type prompt is not supported" in problems(tmp_path, old)[0]
    assert "listeners[0]: a listener of type agent is not supported" in problems(tmp_path, new)[0]
    assert load(tmp_path, old, ignore_unsupported=True).config.listeners[0].port == 12000
    assert [each.name for each in load(tmp_path, new, ignore_unsupported=True).config.listeners] == ["m"]


def test_unknown_listeners_of_the_older_form_are_an_error(tmp_path):
    assert problems(tmp_path, PROVIDERS + "listeners: {egres: {port: 1}}\n") == [
        "5: listeners: must be a list, each entry after a `-`"
    ]


@pytest.mark.parametrize(
    ("timeout", "seconds"), [("30s", 30), ("500ms", 0.5), ("2m", 120), ("1h", 3600), ("1.5s", 1.5), ("7", 7)]
)
def test_a_listener_s_timeout_is_the_time_to_the_first_byte(tmp_path, timeout, seconds):
    text = PROVIDERS + f"listeners: [{{type: model, name: m, timeout: {timeout}, max_retries: 4}}]\n"
    limits = load(tmp_path, text).config.limits
    assert limits.first_byte_timeout_seconds == seconds
    assert limits.max_retries == 4


def test_an_unreadable_timeout_is_an_error(tmp_path):
    text = PROVIDERS + "listeners: [{type: model, name: m, timeout: soon}]\n"
    assert problems(tmp_path, text) == ["5: listeners[0].timeout: must be a duration such as 500ms, 30s or 5m"]


def test_a_timeout_in_two_places_that_differ_is_an_error(tmp_path):
    text = PROVIDERS + "listeners: [{type: model, name: m, timeout: 5s}]\nlimits: {first_byte_timeout_seconds: 6}\n"
    assert problems(tmp_path, text) == [
        "5: listeners[0].timeout: means the same as limits.first_byte_timeout_seconds, which differs; keep one of them"
    ]


def test_a_place_that_is_no_section_is_left_to_the_shape_check(tmp_path):
    text = PROVIDERS + "listeners: [{type: model, name: m, timeout: 5s}]\nlimits: 3\n"
    assert problems(tmp_path, text) == ["6: limits: must be a mapping; {} takes the defaults"]


@pytest.mark.parametrize(
    "keys",
    [
        "overrides: {llm_routing_model: plano/Arch-Router, orchestrator_model_context_length: 4096}",
        "overrides: {router_model: Arch-Router, orchestrator_model_context_length: 4096}",
        "routing: {model: plano/Arch-Router, llm: {history_tokens: 4096}}",
        "routing: {llm_provider: plano/Arch-Router, llm: {history_tokens: 4096}}",
    ],
)
def test_the_model_that_plano_routes_with_becomes_the_llm_classifier(tmp_path, keys):
    text = f"model_providers: [{{model: plano/Arch-Router, base_url: 'http://vllm:8000'}}]\n{keys}\n"
    routing = load(tmp_path, text).config.routing
    assert routing.classifier == "llm"
    assert routing.llm.model in {"plano/Arch-Router", "Arch-Router"}
    assert routing.llm.history_tokens == 4096


def test_a_classifier_that_is_named_stays(tmp_path):
    text = PROVIDERS + "routing: {model: gpt-4o, classifier: cascade}\n"
    assert load(tmp_path, text).config.routing.classifier == "cascade"


def test_overrides_are_limits_or_unknown(tmp_path):
    text = PROVIDERS + "overrides: {upstream_connect_timeout: 10s}\n"
    assert load(tmp_path, text).config.limits.connect_timeout_seconds == 10
    assert problems(tmp_path, PROVIDERS + "overrides: {llm_routing_modl: x}\n") == [
        "5: overrides.llm_routing_modl: unknown key; did you mean 'llm_routing_model'?"
    ]
    assert problems(tmp_path, PROVIDERS + "overrides: 3\n") == ["5: overrides: unknown key"]


def test_metrics_sources_of_both_vintages_mean_the_same(tmp_path):
    newer = load(tmp_path, (FIXTURES / "plano_v0_4_0.yaml").read_text(encoding="utf-8")).config
    kinds = [(source.type, source.provider) for source in newer.model_metrics_sources]
    assert kinds == [("cost", "digitalocean"), ("cost", "custom"), ("latency", "prometheus")]
    assert newer.model_metrics_sources[0].model_aliases["openai-gpt-4o"] == "openai/gpt-4o"
    assert newer.model_metrics_sources[1].auth.token.variable == "COST_TOKEN"
    older = PROVIDERS + "model_metrics_sources: [{type: cost, provider: digitalocean, refresh_interval: 3600}]\n"
    assert load(tmp_path, older).config.model_metrics_sources[0].refresh_interval == 3600
