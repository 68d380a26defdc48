"""SDKs and frameworks through the gateway, over each upstream format, before a provider that is strict.

Each runs in an environment of its own (`make test-agents`); what it does is in `scripts`.
"""

import pytest

from tests.support.acting import ActingProvider, png
from tests.support.agents import MISSING, cases, client
from tests.support.gateway import config_text, load, running
from tests.support.plays import obliging

UPSTREAMS = {
    "openai_chat": "openai/gpt-5.5",
    "openai_responses": "openai/gpt-5.5",
    "anthropic_messages": "anthropic/claude-opus-4-8",
}
WEATHER = "18C in Oslo and 18C in Rome"
TOWN = {"town": "Oslo", "people": 18}


@pytest.fixture
async def provider(tmp_path):
    async with ActingProvider() as provider:
        provider.play = obliging
        (tmp_path / "dot.png").write_bytes(png())
        yield provider
        assert provider.refused == []


@pytest.fixture(params=UPSTREAMS)
async def gateway(tmp_path, provider, request):
    wire, model = request.param, UPSTREAMS[request.param]
    entry = {"model": model, "base_url": provider.url, "access_key": "k", "formats": f"[{wire}]", "default": "true"}
    async with running(load(tmp_path, config_text([entry]))) as served:
        served.wire = wire
        yield served


def needs(name):
    return pytest.mark.skipif(client(name, "bin/python") is None, reason=MISSING.format(name))


@needs("openai")
async def test_openai(tmp_path, gateway):
    told = await cases("openai", "openai_sdk", tmp_path, gateway.url, "auto")
    loops = {name: answer for name, answer in told.items() if "tools" in name}
    assert loops == dict.fromkeys(loops, WEATHER)
    assert told["chat_shape"] == told["responses_shape"] == TOWN
    assert told["chat_image"] == "Hello! I see 1 image."
    assert told["asynchronous"] == "Hello!"
    state = told["responses_state"]
    assert state == "Hello!" if gateway.wire == "openai_responses" else state["param"] == "previous_response_id"


@needs("anthropic")
async def test_anthropic(tmp_path, gateway, provider):
    told = await cases("anthropic", "anthropic_sdk", tmp_path, gateway.url, "auto")
    loops = {name: answer for name, answer in told.items() if "tool" in name}
    assert loops == dict.fromkeys(loops, WEATHER)
    assert told["shape"] == TOWN
    assert told["image"] == "Hello! I see 1 image."
    assert told["counting"] > 0
    assert told["asynchronous"] == "Hello!"
