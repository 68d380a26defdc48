import pytest

from filters.context import ChatRequest, Decision, WireFormat
from filters.errors import DownstreamError
from gateway.upstream.candidates import Candidates
from tests.support.gateway import config_text, load

PROVIDERS = [
    {"model": "openai/gpt-4o"},
    {"model": "openai/gpt-4o-mini", "default": "true"},
    {"model": "anthropic/claude"},
    {"model": "groq/*"},
]


@pytest.fixture
def candidates(tmp_path):
    return Candidates(load(tmp_path, config_text(PROVIDERS, model_aliases="{fast: {target: openai/gpt-4o-mini}}")))


def chat(model):
    return ChatRequest(WireFormat.OPENAI_CHAT, {"model": model}, b"", decision_only=False)


def models(found):
    return [candidate.model for candidate in found]


def test_a_match_gives_its_candidates_whatever_model_was_named(candidates):
    decision = Decision("code", ("anthropic/claude", "openai/gpt-4o"), "embedded")
    assert models(candidates.of_chat(chat("openai/gpt-4o-mini"), decision)) == ["anthropic/claude", "openai/gpt-4o"]


@pytest.mark.parametrize(
    ("named", "model"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("gpt-4o", "openai/gpt-4o"),
        ("fast", "openai/gpt-4o-mini"),
        ("groq/llama-3", "groq/llama-3"),
        ("auto", "openai/gpt-4o-mini"),
        ("none", "openai/gpt-4o-mini"),
        (None, "openai/gpt-4o-mini"),
    ],
)
def test_with_no_match_the_named_model_serves_or_the_default(candidates, named, model):
    assert models(candidates.of_chat(chat(named), Decision(None, (), "embedded"))) == [model]


def test_the_provider_calls_the_model_by_its_own_name(candidates):
    assert candidates.of_name("groq/llama-3").model_id == "llama-3"


@pytest.mark.parametrize("named", ["gpt-5", "anthropic/gpt-4o", "nobody/x"])
def test_an_unknown_model_is_a_404_that_lists_what_there_is(candidates, named):
    with pytest.raises(
        DownstreamError, match="openai/gpt-4o, openai/gpt-4o-mini, anthropic/claude, groq/\\*, fast, auto"
    ) as e:
        candidates.of_name(named)
    assert (e.value.status, e.value.code, e.value.param) == (404, "model_not_found", "model")
    assert named not in e.value.message.replace("openai/gpt-4o", "")


def test_without_a_default_an_open_choice_is_a_404_that_says_how_to_make_one(tmp_path):
    config = load(tmp_path, config_text([{"model": "openai/a"}, {"model": "openai/b"}]))
    with pytest.raises(DownstreamError, match="default: true"):
        Candidates(config).of_name("auto")
