import pytest

from gateway.config.resolution import Names
from gateway.config.sections import Limits
from gateway.providers.provider import build_provider
from gateway.providers.section import ModelProvider


def names(*entries, **aliases):
    made = [entry if isinstance(entry, dict) else {"model": entry} for entry in entries]
    return Names([build_provider(ModelProvider.model_validate(entry), Limits()) for entry in made], aliases)


def own(model):
    return {"model": model, "base_url": "http://h"}


@pytest.mark.parametrize(
    ("name", "meanings"),
    [
        ("openai/gpt-4o", ("openai/gpt-4o",)),
        ("gpt-4o", ("openai/gpt-4o",)),
        ("big", ("anthropic/claude-opus-5",)),
        ("claude-opus-5", ("anthropic/claude-opus-5",)),
        ("fast", ("openai/gpt-4o",)),
        ("faster", ("openai/gpt-4o",)),
        ("groq/llama", ("groq/llama",)),
        ("llama-3.1-8b-instant", ("groq/llama-3.1-8b-instant",)),
        ("gpt-5", ()),
        ("groq/*", ()),
        ("nobody/x", ()),
        ("", ()),
    ],
)
def test_a_name_means_an_entry_an_alias_or_a_model_of_a_wildcard(name, meanings):
    known = names(
        "openai/gpt-4o", {"model": "anthropic/claude-opus-5", "name": "big"}, "groq/*", fast="gpt-4o", faster="fast"
    )
    assert known.meanings(name) == meanings


@pytest.mark.parametrize(
    ("entries", "name", "meanings"),
    [
        (("anthropic/*",), "claude-haiku-4-5-20251001", ("anthropic/claude-haiku-4-5-20251001",)),
        (("anthropic/*",), "claude-haiku-9", ("anthropic/claude-haiku-9",)),
        (("anthropic/*",), "gpt-4o", ()),
        (("openai/*",), "text-embedding-3-small", ("openai/text-embedding-3-small",)),
        (("openai/*", "anthropic/*"), "claude-haiku-5-5", ("anthropic/claude-haiku-5-5",)),
        (("openai/*", "anthropic/*"), "gpt-5.6-terra", ("openai/gpt-5.6-terra",)),
        (("openai/*", "anthropic/*"), "o3", ("openai/o3",)),
        (("openai/*", "anthropic/*"), "who-knows", ("openai/who-knows", "anthropic/who-knows")),
        (("openai/*", "groq/*"), "gpt-4o", ("openai/gpt-4o",)),
        (("openai/*", "openrouter/*"), "gpt-4o", ("openai/gpt-4o",)),
        (("openrouter/*",), "anthropic/claude-opus-5", ("openrouter/anthropic/claude-opus-5",)),
        (("openrouter/*",), "gpt-4o", ()),
        ((own("lab/*"),), "claude-haiku-4-5", ("lab/claude-haiku-4-5",)),
        ((own("lab/*"), own("eu/*")), "x", ("lab/x", "eu/x")),
        (("openai/gpt-4o", own("eu/gpt-4o")), "gpt-4o", ("openai/gpt-4o", "eu/gpt-4o")),
        (("openai/gpt-4o", own("eu/*")), "gpt-4o", ("openai/gpt-4o",)),
    ],
)
def test_a_bare_name_is_resolved_where_one_can_have_it(entries, name, meanings):
    assert names(*entries).meanings(name) == meanings


def test_an_alias_may_lead_under_a_wildcard_and_in_a_circle_leads_nowhere():
    known = names("anthropic/*", small="claude-haiku-4-5", a="b", b="a")
    assert known.meanings("small") == ("anthropic/claude-haiku-4-5",)
    assert known.meanings("a") == ()
    assert known.target("a") == "a"


def test_who_serves_a_model_is_its_entry_or_its_wildcard():
    known = names("anthropic/claude-opus-5", "anthropic/*")
    assert known.provider_of("anthropic/claude-opus-5").model == "anthropic/claude-opus-5"
    assert known.provider_of("anthropic/other").model == "anthropic/*"
    assert known.provider_of("openai/other") is None


def test_the_listing_has_every_name_once_with_its_owner():
    listed = names(
        "openai/gpt-4o", {"model": "eu/m", "base_url": "http://h", "name": "near"}, own("lab/*"), fast="near"
    )
    assert dict(listed.listing()) == {
        "openai/gpt-4o": "openai", "eu/m": "eu", "near": "eu", "fast": "pointsman", "auto": "pointsman",
    }  # fmt: skip


def test_what_is_listed_can_be_used():
    known = names("anthropic/*", "openai/gpt-4o", fast="gpt-4o")
    assert [name for name in known.listing() if name != "auto" and len(known.meanings(name)) != 1] == []
