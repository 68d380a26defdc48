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
        ("listeners: [{port: 80, address: '::'}, {port: 80, address: '::1'}]", ["listeners[1].port"]),
        ("listeners: [{port: 80, address: 127.0.0.1}, {port: 80, address: 0.0.0.0}]", ["listeners[1].port"]),
        ("listeners: [{port: 80}, {port: 81}, {port: 80}]", ["listeners[2].port"]),
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
        "  - {type: cost, provider: custom, url: http://c, auth: {token: $B}}\n"
        "  - {type: cost, provider: custom, url: http://c, auth: {token: $SET}}\n"
        "tracing: {otlp_http_endpoint: 'http://h', headers: {x-a: $SET, x-b: $C}}\n"
    )
    assert [warning.partition("config.yaml:")[2] for warning in load(tmp_path, text, {"SET": "b"}).warnings] == [
        "5: routing.llm.access_key: the environment variable A is not set",
        "7: model_metrics_sources[0].auth.token: the environment variable B is not set",
        "9: tracing.headers.x-b: the environment variable C is not set",
    ]


def test_a_price_list_that_is_no_file_is_a_warning(tmp_path):
    (tmp_path / "there.json").write_text("{}")
    source = "  - {{type: cost, provider: custom, url: {}}}\n"
    text = (
        PROVIDERS + "model_metrics_sources:\n" + "".join(map(source.format, ("there.json", "http://h/c", "gone.json")))
    )
    (warning,) = load(tmp_path, text).warnings
    assert warning.partition("config.yaml:")[2] == (
        "8: model_metrics_sources[2].url: there is no such file now, and no price from it until there is"
    )


def test_a_decision_log_goes_into_a_folder(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "file").touch()
    found = {
        name: problems(tmp_path, f"{PROVIDERS}decision_log: {{path: {name}}}\n") for name in ("there", "new", "file")
    }
    why = "is a file; it must be a folder, which is made where there is none"
    assert found == {"there": [], "new": [], "file": [f"5: decision_log.path: {tmp_path / 'file'} {why}"]}
    (tmp_path / "decisions").touch()
    missing = f"5: decision_log: {tmp_path / 'decisions'} {why}"
    assert problems(tmp_path, f"{PROVIDERS}decision_log: {{}}\n") == [missing]


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


H0, H1 = ("sha256:" + digit * 64 for digit in "01")
CALLERS_CHAIN = "[tracing, auth, {}session_pinning, format_detection, routing]"


def with_keys(*keys, chain="rate_limit, budget, "):
    filters = CALLERS_CHAIN.format(chain)
    return PROVIDERS + f"filters: {filters}\napi_keys:\n" + "".join(f"  - {{{key}}}\n" for key in keys)


def test_callers_differ_in_name_and_in_hash(tmp_path):
    keys = f"name: a, hash: '{H0}'", f"name: a, hash: '{H1}'", f"name: b, hash: '{H0}'"
    assert [problem.partition(": ")[2] for problem in problems(tmp_path, with_keys(*keys))] == [
        "api_keys[1].name: another key has this name",
        "api_keys[2].hash: another key has this hash",
    ]


def test_a_key_that_has_ended_is_a_warning(tmp_path):
    keys = f"name: a, hash: '{H0}', expires: 2020-01-01", f"name: b, hash: '{H1}', expires: 9999-01-01"
    (warning,) = load(tmp_path, with_keys(*keys)).warnings
    assert warning.endswith("api_keys[0].expires: the key of a has ended; its caller is answered 401")


def test_a_key_names_routes_that_there_are(tmp_path):
    route = "routing_preferences: [{name: coding, description: d, models: [gpt-4o]}]\n"
    key = f"name: a, hash: '{H0}', routes: "
    assert problems(tmp_path, with_keys(key + "[coding]") + route) == []
    assert problems(tmp_path, with_keys(key + "[]") + route) == []
    assert [each.partition(": ")[2] for each in problems(tmp_path, with_keys(key + "[coding, codin]") + route)] == [
        "api_keys[0].routes[1]: there is no route 'codin'; did you mean 'coding'?"
    ]


def test_keys_that_no_filter_asks_for_are_refused(tmp_path):
    text = with_keys(f"name: a, hash: '{H0}'").replace("auth, rate_limit, budget, ", "")
    assert [problem.partition(": ")[2] for problem in problems(tmp_path, text)] == [
        "filters: api_keys are given, but no caller is asked for one: the chain has no 'auth'"
    ]


@pytest.mark.parametrize(
    ("limit", "needed"),
    [
        ("requests_per_minute: 1", "rate_limit"),
        ("tokens_per_minute: 1", "rate_limit"),
        ("model_limits: [{model: gpt-4o, requests_per_minute: 1}]", "rate_limit"),
        ("budgets: [{per: day, usd: 1}]", "budget"),
        ("max_in_flight: 1", None),
    ],
)
@pytest.mark.parametrize("chain", ["", "rate_limit, ", "budget, "])
def test_a_limit_that_no_filter_holds_a_caller_to_is_refused(tmp_path, limit, needed, chain):
    keys = f"name: a, hash: '{H0}'", f"name: b, hash: '{H1}', {limit}"
    found = [problem.partition(": ")[2] for problem in problems(tmp_path, with_keys(*keys, chain=chain))]
    held = needed is None or needed in chain
    wrong = f"api_keys[1]: has limits that nobody holds it to: the chain has no {needed!r}"
    assert found == ([] if held else [wrong])


def test_a_filter_that_is_written_wrongly_is_not_missed_too(tmp_path):
    text = with_keys(f"name: a, hash: '{H0}', budgets: [{{per: day, usd: 1}}]", chain="{budget: {x: 1}}, ")
    assert [problem.partition(": ")[2] for problem in problems(tmp_path, text)] == [
        "filters[2]: the options of 'budget' stand under `counters:` at the top of the file, not in the list"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "model_providers: [{model: openai/a}, {model: openai/a, base_url: 'http://h'}]",
            (
                "1: model_providers[1].model: 'openai/a' is there twice; "
                "give the second server a prefix of its own, with a base_url and a provider_interface"
            ),
        ),
        (
            "model_providers: [{model: openai/*, default: true}]",
            "1: model_providers[0].default: a provider/* cannot be the default; name one of its models",
        ),
        (
            PROVIDERS + "routing_preferences: [{name: other, description: d, models: [gpt-4o]}]\n"
            "routing: {classifier: llm, llm: {model: gpt-4o}}\n",
            "5: routing_preferences[0].name: 'other' is what an LLM answers where no route fits",
        ),
        (
            PROVIDERS + "filters: [tracing, routing, format_detection]\n",
            "5: filters: the filter 'routing' needs what 'format_detection' provides, so put that before it",
        ),
        (
            PROVIDERS + "listeners: [{port: 80}, {port: 80}]\n",
            "5: listeners[1].port: another listener has port 80",
        ),
        (
            PROVIDERS + "routing_preferences: [{name: r, description: d, models: [gpt-4o, new/m, new/m]}]\n",
            "5: routing_preferences[0].models[2]: 'new/m' is in this route twice",
        ),
    ],
)
def test_a_rule_that_is_broken_says_where_and_what_would_be_right(tmp_path, text, found):
    assert found in problems(tmp_path, text)


def test_names_that_are_left_out_are_not_alike(tmp_path):
    assert problems(tmp_path, "model_providers: [{model: openai/a}, {model: openai/b}, {model: openai/c}]") == []


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file or directory"), ("no PEM", "it holds no certificate in PEM form")]
)
def test_authorities_that_cannot_be_read_are_told_at_their_provider(tmp_path, content, why):
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    text = "model_providers: [{model: openai/a}, {model: groq/b, ca_file: ca.pem}]"
    assert problems(tmp_path, text) == [f"1: model_providers[1].ca_file: cannot be used: {why}"]


def test_a_certificate_that_cannot_be_served_is_told_at_its_listener(tmp_path):
    text = PROVIDERS + "listeners: [{port: 80}, {port: 81, tls: {certificate: c.pem, key: k.pem}}]\n"
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("5: listeners[1].tls: ")
    assert "c.pem" in problem


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("127.0.0.1", False), ("127.8.8.8", False), ("'::1'", False), ("localhost", False),
        ("0.0.0.0", True), ("'::'", True), ("10.0.0.1", True), ("gate.corp", True),
    ],
)  # fmt: skip
def test_a_listener_that_others_reach_without_a_key_is_a_warning(tmp_path, address, warned):
    listeners = f"listeners: [{{port: 80, address: {address}}}]\n"
    why = "others can reach it, and whoever does spends your keys; api_keys say who may call"
    told = [each.partition("yaml:")[2] for each in load(tmp_path, PROVIDERS + listeners).warnings]
    assert told == ([f"5: listeners[0].address: {why}"] if warned else [])
    assert load(tmp_path, with_keys(f"name: a, hash: '{H0}'") + listeners).warnings == ()


@pytest.mark.parametrize("key", ["access_key: $K", "passthrough_auth: true"])
def test_a_key_that_is_used_is_no_warning(tmp_path, key):
    assert load(tmp_path, f"model_providers: [{{model: openai/a, {key}}}]", {"K": "k"}).warnings == ()
