"""The official SDKs do not mind what keeps them waiting: pings before the first event, and between events."""

from itertools import product

import anthropic
import openai
import pytest
import pytest_asyncio

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import config_text, load, running
from tests.support.sdks import CHAT, MESSAGES, QUESTIONS, RESPONSES, Sdks

pytestmark = pytest.mark.asyncio(loop_scope="module")
MODELS = {CHAT: "openai/chat", RESPONSES: "openai/responses", MESSAGES: "anthropic/messages"}
PAIRS = [pytest.param(*pair, id=f"{pair[0]}-to-{pair[1]}") for pair in product(MODELS, repeat=2)]
SLOW = {
    "before the first byte": Fault(delay=0.35),
    "before the first event": Fault(body_delay=0.35),
    "between events": Fault(pace=0.15),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider():
    async with FakeProvider() as provider:
        yield provider


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory, provider):
    providers = [
        {"model": model, "base_url": provider.url, "access_key": "k", "max_retries": 0, "formats": f"[{wire}]"}
        for wire, model in MODELS.items()
    ]
    text = config_text(providers, limits="{keepalive_seconds: 0.1}")
    async with running(load(tmp_path_factory.mktemp("sdks"), text)) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sdks():
    sdks = Sdks()
    yield sdks
    await sdks.close()


@pytest.mark.parametrize("when", SLOW)
@pytest.mark.parametrize(("client", "upstream"), PAIRS)
async def test_an_answer_that_is_waited_for_is_whole(sdks, provider, gateway, client, upstream, when):
    provider.script(Answer.text("Hel", "lo", fault=SLOW[when]))
    asked = {"model": MODELS[upstream], **QUESTIONS[client]}
    answer = await sdks.call(gateway.url, client, "stream", blocking=False, **asked)
    assert "Hello" in str(answer)


@pytest.mark.parametrize(("client", "upstream"), PAIRS)
async def test_a_failure_that_is_waited_for_is_raised(sdks, provider, gateway, client, upstream):
    provider.script(Answer.error(400, "not like this", delay=0.35))
    asked = {"model": MODELS[upstream], "stream": True, **QUESTIONS[client]}
    with pytest.raises((openai.APIError, anthropic.APIError), match="not like this"):
        await sdks.call(gateway.url, client, "create", blocking=False, **asked)
