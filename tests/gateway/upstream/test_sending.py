"""A chat request as it goes to a provider."""

import json

import pytest
from aiohttp.test_utils import make_mocked_request

from filters.api import TRACE
from filters.context import TraceContext
from filters.errors import DownstreamError
from filters.formats.registry import chat_request
from gateway.telemetry.recording import RECORDING, Recording
from gateway.upstream.candidates import Candidates
from gateway.upstream.sending import addressed, outbound_for
from tests.support.gateway import config_text, load

PROVIDERS = [
    {"model": "openai/gpt", "base_url": "http://one.test/base", "access_key": "our-key"},
    {"model": "anthropic/claude", "base_url": "http://two.test", "access_key": "our-key"},
    {"model": "own/theirs", "base_url": "http://three.test", "passthrough_auth": "true"},
]


@pytest.fixture
def candidates(tmp_path):
    return Candidates(load(tmp_path, config_text(PROVIDERS)))


def chat(**more):
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}], **more}
    return chat_request("openai_chat", body, json.dumps(body).encode(), decision_only=False)


def request(path="/v1/chat/completions", **headers):
    made = make_mocked_request("POST", path, headers=headers)
    made[RECORDING] = Recording()
    made[TRACE] = TraceContext("a" * 32, "b" * 16, None, 1, None, "r")
    return made


def test_the_usage_of_a_stream_is_asked_for(candidates):
    out = outbound_for(chat(stream=True), candidates.of_name("openai/gpt"))
    assert json.loads(out.body)["stream_options"] == {"include_usage": True}
    assert json.loads(out.body)["model"] == "gpt"
    assert b"stream_options" not in outbound_for(chat(), candidates.of_name("openai/gpt")).body


def test_the_callers_own_format_keeps_its_headers_and_query(candidates):
    candidate = candidates.of_name("openai/gpt")
    asked = request("/v1/chat/completions?beta=true&key=secret", Authorization="Bearer callers", Cookie="a=b")
    url, headers = addressed(asked, chat(), candidate, outbound_for(chat(), candidate))
    assert (url.path, dict(url.query)) == ("/base/chat/completions", {"beta": "true"})
    assert headers["Authorization"] == "Bearer our-key"
    assert headers["traceparent"].startswith(f"00-{'a' * 32}-")
    assert "Cookie" not in headers


def test_another_format_has_its_own(candidates):
    candidate = candidates.of_name("anthropic/claude")
    out = outbound_for(chat(), candidate)
    url, headers = addressed(request("/v1/chat/completions?beta=true"), chat(), candidate, out)
    assert str(url) == "http://two.test/v1/messages"
    assert (headers["x-api-key"], headers["anthropic-version"]) == ("our-key", "2023-06-01")


def test_a_long_context_is_not_asked_of_a_model_that_has_none(candidates, monkeypatch):
    candidate = candidates.of_name("openai/gpt")
    out = outbound_for(chat(), candidate)
    asked = request(**{"anthropic-beta": "context-1m-2025,other"})
    object.__setattr__(out, "refused_betas", ("context-1m-",))
    assert addressed(asked, chat(), candidate, out)[1]["anthropic-beta"] == "other"


def test_credentials_that_the_caller_should_have_brought_are_missed(candidates):
    candidate = candidates.of_name("own/theirs")
    with pytest.raises(DownstreamError) as raised:
        addressed(request(), chat(), candidate, outbound_for(chat(), candidate))
    assert raised.value.status == 401
