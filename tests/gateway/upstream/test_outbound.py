import orjson
import pytest

from filters.context import ChatRequest, WireFormat
from filters.errors import DownstreamError
from gateway.upstream.candidates import Candidates
from gateway.upstream.outbound import outbound
from tests.support.gateway import config_text, load

PROVIDERS = [
    {"model": "openai/gpt"},
    {"model": "anthropic/claude"},
    {"model": "vllm/local", "base_url": "http://127.0.0.1:9"},
]


@pytest.fixture
def candidate(tmp_path):
    return Candidates(load(tmp_path, config_text(PROVIDERS))).of_name


def chat(raw, wire=WireFormat.OPENAI_CHAT):
    return ChatRequest(wire, orjson.loads(raw), raw, decision_only=False)


def test_where_the_formats_agree_the_bytes_are_the_callers_but_for_the_models_name(candidate):
    raw = b'{"model" : "auto", "messages":[{"role":"user","content":"h\\u00e9"}],"temperature":1.0, "unheard_of": 1e2}'
    sent = outbound(chat(raw), candidate("openai/gpt"))
    assert sent.body == raw.replace(b'"auto"', b'"gpt"')
    assert (sent.wire, sent.request, sent.warnings) == (WireFormat.OPENAI_CHAT, None, ())


@pytest.mark.parametrize("field", ["routing_preferences", "routing_policy"])
@pytest.mark.parametrize("model", ["openai/gpt", "anthropic/claude", "vllm/local"])
@pytest.mark.parametrize("wire", WireFormat)
def test_routes_of_the_request_never_reach_a_provider(candidate, field, model, wire):
    said = {"input": "hi"} if wire is WireFormat.OPENAI_RESPONSES else {"messages": [{"role": "user", "content": "hi"}]}
    raw = orjson.dumps({field: [{"name": "mine"}], "max_tokens": 5, **said})
    assert field.encode() not in outbound(chat(raw, wire), candidate(model)).body


def test_the_callers_format_is_preferred_and_else_the_providers_first(candidate):
    raw = b'{"input": "hi"}'
    assert outbound(chat(raw, WireFormat.OPENAI_RESPONSES), candidate("openai/gpt")).wire is WireFormat.OPENAI_RESPONSES
    assert outbound(chat(raw, WireFormat.OPENAI_RESPONSES), candidate("vllm/local")).wire is WireFormat.OPENAI_CHAT


def test_a_translation_has_the_providers_name_of_the_model_and_says_what_was_lost(candidate):
    raw = b'{"messages": [{"role": "user", "content": "hi"}], "seed": 7, "frequency_penalty": 0.5}'
    sent = outbound(chat(raw), candidate("anthropic/claude"))
    body = orjson.loads(sent.body)
    assert (sent.wire, body["model"]) == (WireFormat.ANTHROPIC_MESSAGES, "claude")
    assert body["messages"][0]["role"] == "user"
    assert sent.request is not None
    assert "seed" in " ".join(sent.warnings)


def test_what_cannot_be_carried_is_a_400(candidate):
    raw = b'{"messages": [{"role": "user", "content": "hi"}], "n": 3}'
    with pytest.raises(DownstreamError) as error:
        outbound(chat(raw), candidate("anthropic/claude"))
    assert (error.value.status, error.value.param) == (400, "n")
