import pytest

from tests.support.config_files import problems


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("model: gpt-4o", "model_providers[0].model: must be provider/name, or provider/* for whatever"),
        ("model: openai/gpt*", "model_providers[0].model: must be provider/name"),
        ("model: openai/", "model_providers[0].model: must be provider/name"),
        ("name: x", "model_providers[0].model: is missing"),
        ("model: grok/x", "'grok' is not built in, so it needs a base_url; did you mean 'groq'?"),
        ("model: azure_openai/x", "azure_openai needs a base_url, since each customer has an address of their own"),
        ("model: a/b, base_url: 'ftp://x'", "base_url: 'ftp://x' has the scheme ftp; it must be http or https"),
        ("model: a/b, base_url: 'http://x?y=1'", "base_url: 'http://x' holds a query or a fragment"),
        ("model: a/b, base_url: 'http://me:secret@x/v1'", "'http://***@x/v1' holds credentials; a key belongs"),
        (
            "model: a/b, base_url: 'http://x', provider_interface: cluade",
            "'cluade' is not an interface; did you mean 'claude'",
        ),
        ("model: openai/a, formats: [openai_chatt]", "formats[0]: 'openai_chatt' is not one of openai_chat"),
        ("model: openai/a, formats: []", "formats: must not be empty"),
        ("model: openai/a, headers: {'X Y': z}", "must be an HTTP header name"),
        ("model: openai/a, headers: 3", "headers: must be a mapping of names to values"),
        ("model: openai/a, default: 1", "default: must be true or false"),
        ("model: openai/a, idle_timeout_seconds: 0", "idle_timeout_seconds: must be greater than 0"),
        ("model: openai/a, idle_timeout_seconds: .inf", "idle_timeout_seconds: must be a finite number"),
        ("model: openai/a, options: {samplin: true}", "options.samplin: unknown key; did you mean 'sampling'?"),
    ],
)
def test_a_wrong_provider_is_refused_at_its_key(tmp_path, entry, message):
    (problem,) = problems(tmp_path, f"model_providers: [{{{entry}}}]")
    assert message in problem
