import pytest

from tests.support.config_files import PROVIDERS, problems


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("model: gpt-4o", "model_providers[0].model: must be provider/name, or provider/* for whatever"),
        ("model: openai/gpt*", "model_providers[0].model: must be provider/name"),
        ("model: openai/", "model_providers[0].model: must be provider/name"),
        ("name: x", "model_providers[0].model: is missing"),
        ("model: grok/x", "'grok' is not built in, so it needs a base_url; did you mean 'groq'?"),
        ("model: azure_openai/x", "azure_openai needs a base_url, since each customer has an address of their own"),
        ("model: a/b, base_url: 'ftp://x'", "base_url: must be an http or https URL with a host"),
        ("model: a/b, base_url: 'http://x?y=1'", "base_url: must be an http or https URL with a host"),
        ("model: a/b, base_url: 'http://me:secret@x/v1'", "with a host, and no query, fragment or credentials"),
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


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("listeners: [{port: 65536}]", "listeners[0].port: must be less than or equal to 65535"),
        ("listeners: [{port: '80'}]", "listeners[0].port: must be a whole number"),
        ("listeners: [{type: modl}]", "listeners[0].type: 'modl' is not one of model; did you mean 'model'?"),
        ("listeners: []", "listeners: must not be empty"),
        ("limits: {max_body_bytes: 0}", "limits.max_body_bytes: must be greater than or equal to 1"),
        ("limits: []", "limits: must be a mapping"),
        ("limits:", "limits: has no value; leave the key out for its default"),
        ("admin: {prt: 1}", "admin.prt: unknown key; did you mean 'port'?"),
        ("model_aliases: {a: gpt-4o}", "model_aliases.a: must be a mapping"),
        ("model_aliases: {a: {}}", "model_aliases.a.target: is missing"),
    ],
)
def test_a_wrong_section_is_refused_at_its_key(tmp_path, section, message):
    (problem,) = problems(tmp_path, PROVIDERS + section + "\n")
    assert message in problem
