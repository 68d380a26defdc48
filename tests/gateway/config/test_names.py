import pytest

from tests.support.config_files import PROVIDERS, load, problems


def route(models):
    return PROVIDERS + f"routing_preferences: [{{name: r, description: d, models: {models}}}]\n"


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ("[openai/gpt-4]", "no provider has 'openai/gpt-4'; did you mean 'openai/gpt-4o'?"),
        ("[anthropic/gpt-4o]", "no provider has 'anthropic/gpt-4o'"),
        ("[xyz]", "no provider has 'xyz'"),
        ("[openai/*]", "name one model, not all of a provider's"),
    ],
)
def test_a_route_to_a_model_that_nobody_has_is_refused(tmp_path, models, message):
    (problem,) = problems(tmp_path, route(models))
    assert problem.startswith(f"5: routing_preferences[0].models[0]: {message}")


def test_a_route_may_lead_to_a_wildcard_s_model(tmp_path):
    text = (
        "model_providers: [{model: openai/*}]\nrouting_preferences: [{name: r, description: d, models: [openai/o9]}]\n"
    )
    assert load(tmp_path, text).config.routes()[0].models == ("openai/o9",)


def test_aliases_that_lead_nowhere_or_in_a_circle_are_refused(tmp_path):
    text = (
        PROVIDERS + "model_aliases:\n  a: {target: b}\n  b: {target: a}\n  c: {target: gpt-5}\n  d: {target: gpt-4o}\n"
    )
    assert problems(tmp_path, text) == [
        "6: model_aliases.a.target: the alias 'b' leads to no model",
        "7: model_aliases.b.target: the alias 'a' leads to no model",
        "8: model_aliases.c.target: no provider has 'gpt-5'",
    ]


@pytest.mark.parametrize("name", ["openai/gpt-4o", "auto", "none"])
def test_an_alias_cannot_take_the_name_of_something_else(tmp_path, name):
    text = PROVIDERS + f"model_aliases: {{{name}: {{target: anthropic/claude-sonnet-4-20250514}}}}\n"
    assert "an alias needs another" in problems(tmp_path, text)[0]


def test_a_provider_cannot_be_called_auto(tmp_path):
    text = "model_providers: [{model: openai/a, name: auto}]"
    assert problems(tmp_path, text) == ["1: model_providers[0].name: 'auto' leaves the choice to the gateway"]


def test_the_model_that_classifies_is_among_the_providers_or_has_an_address(tmp_path):
    assert "no provider has 'mine/x'" in problems(tmp_path, PROVIDERS + "routing: {llm: {model: mine/x}}\n")[0]
    assert problems(tmp_path, PROVIDERS + "routing: {llm: {model: x, base_url: 'http://h'}}\n") == []


def test_savings_may_be_measured_against_a_model_that_no_provider_has(tmp_path):
    assert problems(tmp_path, PROVIDERS + "savings_baseline: anthropic/claude-opus-4\n") == []
    assert problems(tmp_path, PROVIDERS + "savings_baseline: gpt-4o\n") == []


@pytest.mark.parametrize("name", ["gpt-4", "openai/*"])
def test_a_baseline_is_one_model_with_its_provider(tmp_path, name):
    (problem,) = problems(tmp_path, PROVIDERS + f"savings_baseline: {name}\n")
    assert "savings_baseline" in problem
    assert problem.endswith("one that is not configured is written provider/name")


H = "sha256:" + "0" * 64


def key(**fields):
    told = ", ".join(f"{name}: {value}" for name, value in fields.items())
    chain = "filters: [tracing, auth, rate_limit, session_pinning, format_detection, routing]\n"
    return PROVIDERS + chain + f"api_keys: [{{name: a, hash: '{H}', {told}}}]\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (key(models="[openai/*, gpt-4o, xyz]"), "api_keys[0].models[2]: no provider has 'xyz'"),
        (
            key(model_limits="[{model: openai/gpt-4, requests_per_minute: 1}]"),
            "api_keys[0].model_limits[0]: no provider has 'openai/gpt-4'; did you mean 'openai/gpt-4o'?",
        ),
        (
            PROVIDERS + "passthrough_paths: [{path: /v1/x}, {path: /v1/y, model: xyz}]\n",
            "passthrough_paths[1].model: no provider has 'xyz'",
        ),
        (
            "model_providers: [{model: openai/g}, {model: groq/g}]\nmodel_aliases: {a: {target: g}}\n",
            "model_aliases.a.target: 'g' may be any of openai/g, groq/g; name one of them",
        ),
    ],
)
def test_wherever_a_model_is_named_it_is_one_that_there_is(tmp_path, text, found):
    (problem,) = problems(tmp_path, text)
    assert problem.partition(": ")[2] == found


def test_a_key_may_be_for_all_of_a_provider_or_for_models_by_any_name(tmp_path):
    assert problems(tmp_path, key(models="[openai/*, gpt-4o, anthropic/claude-sonnet-4-20250514]")) == []
