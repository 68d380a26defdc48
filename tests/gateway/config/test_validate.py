import pytest

from tests.support.config_files import PROVIDERS, problems


def test_two_wrong_things_in_one_entry_are_both_told_and_the_next_entry_is_kept(tmp_path):
    text = """
        model_providers:
          - model: openai/gpt-4o
        routing_preferences:
          - {name: a, threshold: 2}
          - {name: b, description: d, models: [openai/gpt-5]}
    """
    assert problems(tmp_path, text) == [
        "4: routing_preferences[0].description: is missing",
        "4: routing_preferences[0].models: is missing",
        "4: routing_preferences[0].threshold: must be less than or equal to 1, not 2",
        "5: routing_preferences[1].models[0]: no provider has 'openai/gpt-5'; did you mean 'openai/gpt-4o'?",
    ]


def test_what_leads_to_a_wrong_entry_is_no_error_of_its_own(tmp_path):
    text = """
        model_providers:
          - model: openai/gpt-4o
          - model: mine/llama
        model_aliases:
          fast: {target: mine/llama}
          odd: {traget: mine/llama}
        routing_preferences:
          - {name: a, description: d, models: [mine/llama, fast, odd]}
    """
    assert [problem.split(":")[1].strip() for problem in problems(tmp_path, text)] == [
        "model_providers[1]",
        "model_aliases.odd.target",
        "model_aliases.odd.traget",
    ]


@pytest.mark.parametrize(
    "text", ["routing: {}\n", "model_providers: 3\n", "model_providers: [3, x]\n", "model_providers:\n"]
)
def test_where_nothing_is_left_the_shape_alone_is_checked(tmp_path, text):
    assert "model_providers" in problems(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            "routing: {session_ttl_secnds: 5}",
            "routing.session_ttl_secnds: unknown key; did you mean 'session_ttl_seconds'?",
        ),
        ("routing: {llm: {time_out: 5}}", "routing.llm.time_out: unknown key; did you mean 'timeout_ms'?"),
        ("sessions: {}", "sessions: unknown key"),
        ("version: 0.4", "version: '0.4' is not one of"),
        ("routing: {session_headers: X-Session-Id}", "routing.session_headers: must be a list"),
        ("tracing: {random_sampling: 101}", "tracing.random_sampling: must be less than or equal to 100, not 101"),
        ("routing: {threshold: '0.5'}", "routing.threshold: must be a number"),
        ("fallback_on: [content_filer]", "fallback_on[0]: must be an HTTP status from 400 to 599, or content_filter"),
        ("fallback_on: [404, true]", "fallback_on[1]: must be an HTTP status from 400 to 599, or content_filter"),
        ("fallback_on: [399]", "fallback_on[0]: must be an HTTP status from 400 to 599, or content_filter"),
        ("filters: [5]", "filters[0]: must be the name of a filter, or one name with its options: {name: {option: "),
        ("filters: [{}]", "filters[0]: must be the name of a filter, or one name with its options"),
        ("filters: [{cors: {}, auth: {}}]", "filters[0]: must be the name of a filter, or one name with its options"),
        ("filters: [{cors: 5}]", "filters[0]: must be the name of a filter, or one name with its options"),
        ("cors: {allowed_origins: ['a.b']}", "cors.allowed_origins[0]: must be an origin, https://host or https://"),
        ("cors: {allowed_hosts: ['a:5']}", "cors.allowed_hosts[0]: must be the name of a host alone"),
        ("routing: {session_headers: ['a b']}", "routing.session_headers[0]: must be an HTTP header name"),
        ("routing: {session_headers: [null]}", "routing.session_headers[0]: has no value"),
        ("decision_log: {path: '  '}", "decision_log.path: must not be empty"),
        (
            f"api_keys: [{{name: a, hash: 'sha256:{'0' * 64}', expires: 5}}]",
            "expires: must be a day or a time, as 2027",
        ),
        (
            "routing_preferences: [{name: 5, description: d, models: [gpt-4o]}]",
            "name: must be a string; put it in quotes",
        ),
        (
            "routing: {session_cache: {type: redis, url: 'http://x'}}",
            "url: 'http://x' has the scheme http; it must be redis or rediss or unix",
        ),
    ],
)
def test_an_error_says_what_would_be_right(tmp_path, section, message):
    (problem,) = problems(tmp_path, PROVIDERS + section + "\n")
    assert problem.startswith("5: ")
    assert message in problem


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("filters: [tracing, {decision_binding: {lifetime: 3}}, session_pinning, format_detection, routing]",
         "filters[1].decision_binding.lifetime: unknown key; did you mean 'lifetime_seconds'?"),
        ("filters: [tracing, {decision_binding: {max_entries: 0}}, session_pinning, format_detection, routing]",
         "filters[1].decision_binding.max_entries: must be greater than or equal to 1, not 0"),
        ("filters: [tracing, session_pinning, {format_detection: {x: 1}}, routing]",
         "filters[2].format_detection.x: unknown key"),
        ("filters: [{tracing: {random_sampling: 3}}, session_pinning, format_detection, routing]",
         "filters[0]: the options of 'tracing' stand under `tracing:` at the top of the file, not in the list"),
        ("litellm_settings: {}",
         "litellm_settings: unknown key: LiteLLM's word; retries and timeouts are under limits"),
        ("routes: []", "routes: unknown key: another tool's word; here it is routing_preferences"),
        ("model_metrics_sources: [{provider: x}]", "model_metrics_sources[0]: needs a type: cost or latency"),
        ("model_metrics_sources: [{type: cst}]",
         "model_metrics_sources[0].type: 'cst' is not one of cost, latency; did you mean 'cost'?"),
        ("limits: {max_retries: }", "limits.max_retries: has no value; leave the key out for its default"),
        ("cost_header: maybe", "cost_header: must be true or false"),
        ("limits: {max_retries: 1.5}", "limits.max_retries: must be a whole number"),
        ("limits: {queue_seconds: fast}", "limits.queue_seconds: must be a number"),
        ("limits: fast", "limits: must be a mapping; {} takes the defaults"),
        ("listeners: 3", "listeners: must be a list, each entry after a `-`"),
        ("model_aliases: {fast: gpt-4o}", "model_aliases.fast: must be a mapping, as {target: ...}"),
        ("routing: {session_headers: []}", "routing.session_headers: must not be empty"),
        ("routing: {session_headers: ['a b']}",
         "routing.session_headers[0]: must be an HTTP header name: letters, digits and hyphens"),
        ("savings_baseline: 5", "savings_baseline: must be a string; put it in quotes if it looks like something else"),
    ],
)  # fmt: skip
def test_each_kind_of_mistake_is_told_at_its_key_in_the_authors_words(tmp_path, section, told):
    assert problems(tmp_path, PROVIDERS + section + "\n") == [f"5: {told}"]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("model: ", "model_providers[0].model: has no value, and is required"),
        ("model: openai/a, proxy: 'socks5://h'",
         "model_providers[0].proxy: must be the address of an HTTP proxy, http://host:port, or direct"),
        ("model: openai/a, proxy: 'http://[::1'",
         "model_providers[0].proxy: 'http://[::1' is no URL: its host or its port is malformed"),
        ("model: openai/a, price: {input: 1}", "model_providers[0].price.output: is missing"),
        ("model: openai/a, options: {stop_limit: many}",
         "model_providers[0].options.stop_limit: must be a whole number"),
        ("model: openai/a, name: ''", "model_providers[0].name: must not be empty"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_entry_of_a_list_is_told_with_its_number(tmp_path, entry, told):
    assert problems(tmp_path, f"model_providers: [{{{entry}}}]") == [f"1: {told}"]
