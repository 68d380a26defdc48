"""SDKs and frameworks through the gateway, over each upstream format, before a provider that is strict.

Each runs in an environment of its own (`make test-agents`); what it does is in `scripts`.
"""

import pytest

from devtools.fake_provider.answers import Answer
from tests.support.acting import png
from tests.support.agents import MISSING, cases, client
from tests.support.plays import obliging

pytestmark = pytest.mark.timeout(300)
WEATHER = "18C in Oslo and 18C in Rome"
TOWN = {"town": "Oslo", "people": 18}


@pytest.fixture(autouse=True)
def _obliging(tmp_path, provider):
    provider.play = obliging
    (tmp_path / "dot.png").write_bytes(png())


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


def both(answer):
    return dict.fromkeys(("chat", "responses"), answer)


def three(answer):
    return dict.fromkeys(("chat", "responses", "messages"), answer)


def check_state(gateway, told, answer):
    """What a provider keeps can be gone on from; another is refused in words that say what would be right."""
    if gateway.wire == "openai_responses":
        assert told == answer
    else:
        assert "send the whole conversation in `input`" in told["refused"]


@needs("langchain")
async def test_langchain(tmp_path, gateway):
    told = await cases("langchain", "langchain_client", tmp_path, gateway.url, "auto")
    assert told["agents"] == told["agents_streamed"] == three(WEATHER)
    assert told["shapes"] == three(TOWN)
    assert told["images"] == three("Hello! I see 1 image.")
    assert told["counting"] > 0
    check_state(gateway, told["state"], "Hello!")


@needs("pydantic-ai")
async def test_pydantic_ai(tmp_path, gateway):
    told = await cases("pydantic-ai", "pydantic_ai_client", tmp_path, gateway.url, "auto")
    assert told["tools"] == told["tools_streamed"] == told["history"] == three(WEATHER)
    assert set(map(str, told["shapes"].values())) == {str(TOWN)}
    assert told["images"] == three("Hello! I see 1 image.")


@needs("openai-agents")
async def test_openai_agents(tmp_path, gateway):
    told = await cases("openai-agents", "openai_agents_client", tmp_path, gateway.url, "auto")
    assert told["tools"] == told["tools_streamed"] == told["sessions"] == both(WEATHER)
    assert told["handoffs"] == both(["other", WEATHER])
    assert told["shapes"] == both(TOWN)
    check_state(gateway, told["state"], WEATHER)


@needs("litellm")
async def test_litellm(tmp_path, gateway):
    told = await cases("litellm", "litellm_client", tmp_path, gateway.url, "auto")
    assert told["tools"] == told["tools_streamed"] == {"openai": WEATHER, "anthropic": WEATHER}
    assert told["shapes"] == {"openai": TOWN, "anthropic": TOWN}
    assert told["responses"] == ["Hello!", "response.completed"]
    assert told["messages"] == "Hello!"


@needs("instructor")
async def test_instructor(tmp_path, gateway):
    told = await cases("instructor", "instructor_client", tmp_path, gateway.url, "auto")
    assert list(told["openai_modes"].values()) == [TOWN] * 3
    assert told["responses"] == told["anthropics"] == told["partial"] == TOWN


@needs("llm")
async def test_llm(tmp_path, gateway):
    told = await cases("llm", "llm_client", tmp_path, gateway.url, "auto")
    assert told["prompts"] == ["Hello!"] * 3
    assert told["tools"] == told["anthropics"] == WEATHER
    assert told["shapes"] == TOWN


@needs("aider")
async def test_aider(tmp_path, gateway, provider):
    provider.play = lambda _seen: Answer.text("hello.txt\n```\n", "Hello, ", "☀\n```\n")
    told = await cases("aider", "aider_client", tmp_path, gateway.url, "auto")
    assert [*told["by_openais"], told["by_anthropics"]] == ["Hello, ☀\n"] * 3
