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
        "4: routing_preferences[0].threshold: must be less than or equal to 1",
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
        ("tracing: {random_sampling: 101}", "tracing.random_sampling: must be less than or equal to 100"),
        ("routing: {threshold: '0.5'}", "routing.threshold: must be a number"),
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
