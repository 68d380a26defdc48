import pytest
from pydantic import ValidationError

from filters.catalog import DEFAULT_CHAIN
from gateway.config.model import Config, UnsetKey
from tests.support.config_files import PROVIDERS, load


def config(*models, aliases=None, **sections):
    entries = [model if isinstance(model, dict) else {"model": model} for model in models]
    targets = {name: {"target": target} for name, target in (aliases or {}).items()}
    return Config.model_validate({"model_providers": entries, "model_aliases": targets, **sections})


def test_a_model_is_known_by_its_full_name():
    found = config("openai/gpt-4o", "anthropic/claude").provider_of("anthropic/claude")
    assert found.model == "anthropic/claude"
    assert found.formats == ("anthropic_messages",)


def test_a_bare_name_works_where_one_provider_has_it():
    both = config("openai/gpt-4o", {"model": "azure_openai/gpt-4o", "base_url": "https://me"}, "openai/gpt-5")
    assert both.resolve("gpt-5") == "openai/gpt-5"
    assert both.resolve("gpt-4o") is None


def test_a_full_name_never_falls_to_another_provider():
    assert config("openai/gpt-4o").provider_of("anthropic/gpt-4o") is None
    assert config("openai/gpt-4o", "anthropic/gpt-4o").provider_of("anthropic/gpt-4o").prefix == "anthropic"


def test_a_name_may_hold_slashes():
    hub = config("together_ai/meta-llama/Llama-3", "openrouter/openai/gpt-4o")
    assert hub.resolve("meta-llama/Llama-3") == "together_ai/meta-llama/Llama-3"
    assert hub.provider_of("openrouter/openai/gpt-4o").model_id("openrouter/openai/gpt-4o") == "openai/gpt-4o"


def test_a_wildcard_serves_what_its_provider_has():
    wild = config("openai/*", "anthropic/claude", "openrouter/openai/gpt-9")
    assert wild.resolve("openai/gpt-9") == "openai/gpt-9"
    assert wild.provider_of("openai/gpt-9").model == "openai/*"
    assert wild.provider_of("openai/gpt-9").model_id("openai/gpt-9") == "gpt-9"
    assert not wild.knows("anthropic/other")
    assert not wild.knows("openai/*")
    assert not wild.knows("openai/")
    assert wild.resolve("gpt-4o") == "openai/gpt-4o"
    assert not wild.knows("llama-9")


def test_an_entry_beside_a_wildcard_comes_first():
    wild = config("openai/*", {"model": "openai/gpt-4o", "base_url": "http://mine"})
    assert wild.provider_of("openai/gpt-4o").base_url == "http://mine/v1"


def test_aliases_and_names_lead_to_models():
    aliased = config(
        {"model": "openai/gpt-4o", "name": "big"}, "groq/*", "openai/gpt-4o-mini",
        aliases={"fast": "groq/llama", "best": "alias", "alias": "big", "arch.default": "gpt-4o-mini"},
    )  # fmt: skip
    assert aliased.resolve("big") == "openai/gpt-4o"
    assert aliased.resolve("best") == "openai/gpt-4o"
    assert aliased.resolve("fast") == "groq/llama"
    assert aliased.provider_of("fast").model == "groq/*"
    assert aliased.resolve("arch.default") == "openai/gpt-4o-mini"


def test_a_circle_of_aliases_leads_nowhere():
    assert not config("openai/gpt-4o", aliases={"a": "b", "b": "a"}).knows("a")


def test_routes_name_models_in_full():
    routes = config(
        {"model": "openai/gpt-4o", "name": "big"},
        aliases={"best": "big"},
        routing_preferences=[
            {"name": "r", "description": "d", "models": ["best"], "selection_policy": {"prefer": "fastest"}}
        ],
    ).routes()
    assert routes[0].models == ("openai/gpt-4o",)
    assert routes[0].prefer == "fastest"


def test_the_default_is_the_one_that_says_so_or_the_only_one():
    assert config("openai/a", {"model": "openai/b", "default": True}).default_provider.model == "openai/b"
    assert config("openai/a").default_provider.model == "openai/a"
    assert config("openai/a", "openai/b").default_provider is None
    assert config("openai/*").default_provider is None


def test_routing_is_the_section_of_both_filters():
    routing = config("openai/a", routing={"session_ttl_seconds": 5, "apply_to": "auto"}).routing
    assert (routing.session_ttl_seconds, routing.apply_to) == (5, "auto")


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        config("openai/a").version = "v0.3.0"


def test_savings_are_measured_against_the_default_model_unless_another_is_named():
    assert config("openai/gpt-4o").baseline == "openai/gpt-4o"
    assert config("openai/a", {"model": "openai/b", "default": True}).baseline == "openai/b"
    assert config("openai/a", "openai/b").baseline is None
    assert config("openai/a", savings_baseline="b/c").baseline == "b/c"
    assert config("openai/a", savings_baseline="a").baseline == "openai/a"


def test_keys_that_are_not_set_are_told_once_for_each_provider_and_variable(tmp_path):
    text = """
        model_providers:
          - {model: openai/a, access_key: $K}
          - {model: openai/b, access_key: $K}
          - {model: openai/c, access_key: $SET}
          - {model: groq/d, access_key: $K}
          - {model: groq/e, access_key: $L}
    """
    assert load(tmp_path, text, {"SET": "k"}).config.unset_keys == (
        UnsetKey("openai", "K", ("openai/a", "openai/b")),
        UnsetKey("groq", "K", ("groq/d",)),
        UnsetKey("groq", "L", ("groq/e",)),
    )


def test_the_chain_has_each_filter_with_its_options_wherever_they_stand(tmp_path):
    text = PROVIDERS + (
        "tracing: {random_sampling: 7}\n"
        "filters: [tracing, {decision_binding: {lifetime_seconds: 9}}, session_pinning, format_detection, routing]\n"
    )
    config = load(tmp_path, text).config
    assert [link.name for link in config.chain] == [
        "tracing", "decision_binding", "session_pinning", "format_detection", "routing",
    ]  # fmt: skip
    options = {link.name: link.options for link in config.chain}
    assert options["tracing"].random_sampling == 7
    assert options["decision_binding"].lifetime_seconds == 9
    assert options["routing"] is options["session_pinning"] is config.routing


def test_where_no_chain_is_written_it_has_every_filter(tmp_path):
    assert tuple(link.name for link in load(tmp_path, PROVIDERS).config.chain) == DEFAULT_CHAIN
