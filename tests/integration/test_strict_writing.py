"""Whatever clients send, no vendor is sent what it refuses: random requests, golden ones and those of the SDKs.

Each is written for models of today, as the gateway would where it chose the model. `python -m bench.fuzz_strict` makes
as many random ones as asked for.
"""

import random

import orjson
import pytest
import pytest_asyncio

from devtools.fake_provider.answers import Answer, Text, Thinking, Tool
from devtools.fake_provider.server import FakeProvider
from filters.formats.canonical.request import ToolCall
from filters.formats.registry import FORMATS
from tests.integration.test_sdk_pairs import Weather
from tests.support import golden
from tests.support.sdks import QUESTIONS, THINK, Sdks, sent_back, shaped, tools
from tests.support.strict_requests import LONG, plan, written
from tests.support.strict_writing import LOCAL, candidates, faults

ROUNDS = 60
RIGHTLY_REFUSED = (
    "a tool of Anthropic's own", "a stored file", "that a provider of another wire format can run", "`n` cannot be",
    "a document goes as its bytes", "file_id` cannot be carried", "must be",
    "cannot be carried",
)  # fmt: skip
"""What golden requests ask that only their own vendor can do, and where they are of no shape that it takes."""
NAMES = ("get_weather", "files.search/v2", LONG)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return candidates(tmp_path_factory.mktemp("strict"))


@pytest.mark.parametrize("wire", FORMATS)
def test_no_random_request_is_refused_by_the_model_that_it_is_routed_to(models, wire):
    chance = random.Random(f"strict {wire}")
    for round_ in range(ROUNDS):
        made, orderly = plan(chance, orderly=False), plan(chance, orderly=True)
        for model, candidate in models.items():
            told = faults(candidate, wire, written(made, wire), own=False)
            if model not in LOCAL:
                told += faults(candidate, wire, written(orderly, wire))
            assert not told, (round_, model, told, made)


def test_the_requests_hold_what_vendors_refuse(models):
    """What is checked would be refused, were it sent as it is."""
    chance = random.Random("as it is")
    bodies = [written(plan(chance, orderly=False), "openai_chat") for _ in range(ROUNDS)]
    asked = orjson.dumps(bodies)
    assert all(
        word.encode() in asked for word in (LONG, "files.search/v2", '"anyOf"', "xhigh", "toolu_xxx", "late words")
    )
    direct = [faults(models["vllm/qwen3.8"], "openai_chat", body) for body in bodies]
    assert sum(map(bool, direct)) > ROUNDS / 2


def ends_in_a_call(wire, body):
    """Tell a conversation that waits for the results of calls, which no vendor goes on with."""
    last = FORMATS[wire].codec.decode_request(body).messages[-1]
    return any(isinstance(part, ToolCall) for part in last.parts)


GOLDEN = {
    name: (golden.NAMES[case["source"]], case["input_wire"])
    for name, case in golden.cases().items()
    if case["kind"] == "request" and case.get("source") in golden.NAMES
}


@pytest.mark.parametrize("name", GOLDEN)
def test_no_golden_request_is_refused_in_another_format(models, name):
    wire, body = GOLDEN[name]
    for model, candidate in models.items():
        told = faults(candidate, wire, body, own=False)
        told = [each for each in told if not any(reason in each for reason in RIGHTLY_REFUSED)]
        assert not told or ends_in_a_call(wire, body), (model, told)


@pytest_asyncio.fixture
async def recorded():
    """Call an SDK at a provider that records what it sends, and return the bodies."""
    sdks = Sdks()
    async with FakeProvider() as provider:

        async def call(wire, method, answer, **asked):
            provider.script(answer)
            said = await sdks.call(provider.url, wire, method, blocking=False, model="auto", **QUESTIONS[wire] | asked)
            return said, provider.requests[-1].body

        yield call
    await sdks.close()


ACTS = Answer(
    blocks=(
        Thinking(("Let me see.",)), Text(("well",)), Tool("call_1", "get_weather", ("{}",)),
        Tool("functions.f:0", LONG, ('{"a": 1}',)),
    )
)  # fmt: skip


@pytest.mark.parametrize("method", ["create", "stream"])
@pytest.mark.parametrize("wire", FORMATS)
async def test_nothing_that_an_sdk_sends_is_refused(models, recorded, wire, method):
    asked = tools(wire, NAMES) | THINK[wire]
    first, asking = await recorded(wire, method, ACTS, **asked)
    history = sent_back(first, wire, {"call_1": "warm", "functions.f:0": "noon"})
    _, going_on = await recorded(wire, method, Answer.text("well"), **(asked | history))
    parsing = "parse" if method == "create" else method
    _, structured = await recorded(wire, parsing, Answer.text('{"city":"Z","degrees":[1]}'), **shaped(wire, Weather))
    for body in (asking, going_on, structured):
        for model, candidate in models.items():
            assert not faults(candidate, wire, body, own=model not in LOCAL), (model, body)
