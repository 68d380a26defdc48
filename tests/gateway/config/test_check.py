import pytest

from tests.support.config_files import PROVIDERS, load, problems


def test_there_can_be_one_default(tmp_path):
    text = "model_providers: [{model: openai/a, default: true}, {model: openai/b, default: true}]"
    assert problems(tmp_path, text) == ["1: model_providers[1].default: there can be one default, and openai/a is it"]


def test_a_wildcard_cannot_be_the_default(tmp_path):
    text = "model_providers: [{model: openai/*, default: true}]"
    assert "a provider/* cannot be the default" in problems(tmp_path, text)[0]


def test_one_model_twice_is_refused_and_one_model_on_two_providers_is_not(tmp_path):
    twice = "model_providers: [{model: openai/a}, {model: openai/a, base_url: 'http://h'}]"
    assert "'openai/a' is there twice; give the second server a prefix of its own" in problems(tmp_path, twice)[0]
    assert problems(tmp_path, "model_providers: [{model: openai/a}, {model: groq/a}]") == []


def test_names_of_providers_differ(tmp_path):
    text = "model_providers: [{model: openai/a, name: x}, {model: openai/b, name: x}]"
    assert problems(tmp_path, text) == ["1: model_providers[1].name: 'x' is the name of another entry"]


def test_a_name_is_not_the_model_of_another_entry(tmp_path):
    text = "model_providers: [{model: openai/a, name: openai/b}, {model: openai/b, name: openai/b}]"
    assert problems(tmp_path, text) == [
        "1: model_providers[1].name: 'openai/b' is the name of another entry",
        "1: model_providers[0].name: 'openai/b' is the model of another entry",
    ]


def test_routes_differ_in_name_and_name_a_model_once(tmp_path):
    text = PROVIDERS + (
        "routing_preferences:\n"
        "  - {name: r, description: d, models: [openai/gpt-4o, gpt-4o]}\n"
        "  - {name: r, description: e, models: [openai/gpt-4o]}\n"
    )
    assert problems(tmp_path, text) == [
        "6: routing_preferences[0].models[1]: 'openai/gpt-4o' is in this route twice",
        "7: routing_preferences[1].name: there is a route 'r' already",
    ]


@pytest.mark.parametrize("name", ["other", "None"])
def test_a_route_cannot_be_called_what_an_llm_answers_for_no_route(tmp_path, name):
    routes = f"routing_preferences: [{{name: {name}, description: d, models: [gpt-4o]}}]\n"
    assert problems(tmp_path, PROVIDERS + routes) == []
    asked = routes + "routing: {classifier: llm, llm: {model: gpt-4o}}\n"
    assert f"{name!r} is what an LLM answers where no route fits" in problems(tmp_path, PROVIDERS + asked)[0]


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        (
            "[tracing, session_pinning, format_detection, routng]",
            "there is no filter 'routng'; did you mean 'routing'?",
        ),
        ("[tracing, routing, session_pinning, format_detection]", "put that before it"),
        ("[]", "filters: must not be empty"),
    ],
)
def test_a_chain_that_does_not_hold_is_refused(tmp_path, chain, message):
    assert message in problems(tmp_path, PROVIDERS + f"filters: {chain}\n")[0]


@pytest.mark.parametrize(
    ("sections", "found"),
    [
        ("listeners: [{port: 80}, {port: 80}]", ["listeners[1].port"]),
        ("listeners: [{port: 80}, {port: 80, address: 127.0.0.1}]", ["listeners[1].port"]),
        ("listeners: [{port: 80, address: 127.0.0.2}, {port: 80, address: 127.0.0.1}]", []),
        ("listeners: [{port: 0}, {port: 0}]", []),
        ("admin: {port: 12000}", ["admin.port"]),
        ("admin: {port: 12001}", []),
    ],
)
def test_sockets_differ(tmp_path, sections, found):
    assert [problem.split(": ")[1] for problem in problems(tmp_path, PROVIDERS + sections + "\n")] == found


def test_a_missing_key_is_a_warning_at_the_first_entry_that_needs_it(tmp_path):
    text = """
        model_providers:
          - {model: openai/a}
          - {model: openai/b, access_key: $K}
          - {model: openai/c, access_key: $K}
    """
    (warning,) = load(tmp_path, text).warnings
    assert warning == (
        f"{tmp_path}/config.yaml:3: model_providers[1]: the environment variable K is not set; "
        "decisions work, openai is passed over; where no other candidate can serve, the answer is 401"
    )


def test_other_credentials_that_are_missing_are_warnings_too(tmp_path):
    text = PROVIDERS + (
        "routing: {llm: {model: x, base_url: 'http://h', access_key: $A}}\n"
        "model_metrics_sources:\n"
        "  - {type: cost, provider: custom, url: c, auth: {token: $B}}\n"
        "  - {type: cost, provider: custom, url: c, auth: {token: $SET}}\n"
    )
    assert [warning.partition("config.yaml:")[2] for warning in load(tmp_path, text, {"SET": "b"}).warnings] == [
        "5: routing.llm.access_key: the environment variable A is not set",
        "7: model_metrics_sources[0].auth.token: the environment variable B is not set",
    ]


def test_a_key_that_is_never_used_is_a_warning(tmp_path):
    text = "model_providers: [{model: openai/a, access_key: $K, passthrough_auth: true}]"
    assert "access_key: is not used, since passthrough_auth" in load(tmp_path, text, {"K": "k"}).warnings[0]


ROUTES = (
    "routing_preferences:\n"
    "  - {name: a, description: d, models: [gpt-4o], selection_policy: {prefer: cheapest}}\n"
    "  - {name: b, description: d, models: [gpt-4o], selection_policy: {prefer: fastest}}\n"
    "  - {name: c, description: d, models: [gpt-4o]}\n"
)


def test_a_policy_that_no_source_serves_is_a_warning(tmp_path):
    def warned(sources):
        text = PROVIDERS + ROUTES + f"model_metrics_sources: [{sources}]\n"
        return [warning.partition("config.yaml:")[2] for warning in load(tmp_path, text).warnings]

    latency, cost = "{type: latency, provider: gateway}", "{type: cost, provider: models.dev}"
    why = "model_metrics_sources has none of type {}, so the models stay as listed"
    assert warned("") == [
        f"6: routing_preferences[0].selection_policy.prefer: {why.format('cost')}",
        f"7: routing_preferences[1].selection_policy.prefer: {why.format('latency')}",
    ]
    assert warned(latency) == [f"6: routing_preferences[0].selection_policy.prefer: {why.format('cost')}"]
    assert warned(f"{cost}, {latency}") == []
