"""The official SDKs in front of the gateway: what they accumulate is what they would get from the vendor itself.

For each pair of the client's format and the provider's, an answer is asked for twice: directly from a provider that
speaks the client's format, and through the gateway from one that speaks the pair's. The results are compared whole,
but for what `comparable` takes out (ids, times) and `sayable` (what the provider's format has no words for).
"""

from dataclasses import replace
from itertools import product

import anthropic
import openai
import orjson
import pytest
import pytest_asyncio
from pydantic import BaseModel

from devtools.fake_provider import chat, messages, responses
from devtools.fake_provider.answers import Answer, Text, Thinking, Tool, Usage
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from filters.context import WireFormat
from filters.formats.canonical import request as neutral
from filters.formats.canonical.request import Thought, ToolCall, ToolResult
from filters.formats.registry import FORMATS
from tests.support.gateway import config_text, load, running
from tests.support.sdks import (
    CHAT,
    MESSAGES,
    QUESTIONS,
    RESPONSES,
    THINK,
    USAGE_IN_STREAMS,
    Sdks,
    comparable,
    differences,
    sent_back,
    shaped,
    tools,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
DIALECTS = {CHAT: chat.CHAT, RESPONSES: responses.RESPONSES, MESSAGES: messages.MESSAGES}
MODELS = {CHAT: "openai/chat", RESPONSES: "openai/responses", MESSAGES: "anthropic/messages"}
PAIRS = [pytest.param(*pair, id=f"{pair[0]}-to-{pair[1]}") for pair in product(FORMATS, repeat=2)]
WEATHER = Tool("call_1", "get_weather", ('{"city"', ':"Zür', 'ich"}'))
TIME = Tool("call_2", "get_time", ('{"zone":', '"CET"}'))
BARE = Tool("call_3", "ping")
NAMES = ("get_weather", "get_time", "ping")
USAGE = Usage(input_tokens=100, output_tokens=40, cache_read=60, cache_write=10, reasoning=25)
ANSWERS = {
    "text": Answer.text("Hel", "lo ☀"),
    "rich": Answer(blocks=(Thinking(("Let me", " see.")), Text(("Zürich ", "is ☀")), WEATHER, TIME, BARE), usage=USAGE),
    "parallel tools": Answer.tools(WEATHER, TIME, BARE, interleaved=True),
    "late arguments": Answer.tools(replace(WEATHER, late=True), TIME),
    "cut short": Answer.text("one two", finish="length"),
    "filtered": Answer.text("I", finish="content_filter"),
    "stop sequence": Answer.text("a", finish="stop_sequence", stop_sequence="END"),
    "refusal": Answer(blocks=(Text(("I ", "can't."), refusal=True),)),
    "any chunks": Answer.text("é😀", "\u2028[DONE]", "\n\ndata: x", fault=Fault(chunk_bytes=(1, 2, 7))),
}


def sayable(answer: Answer, client: WireFormat, provider: WireFormat) -> Answer:
    """Return what is left of an answer when a provider says it in its own format."""
    blocks, finish, sequence = answer.blocks, answer.finish, answer.stop_sequence
    if provider is CHAT:  # no proof of thinking
        blocks = tuple(replace(block, signature="") if isinstance(block, Thinking) else block for block in blocks)
    if provider is MESSAGES:  # refusals are ordinary text
        blocks = tuple(replace(block, refusal=False) if isinstance(block, Text) else block for block in blocks)
    elif finish == "stop_sequence":  # only Anthropic tells which, or that
        finish, sequence = "stop", None
    elif client is MESSAGES and any(isinstance(block, Text) and block.refusal for block in blocks):
        finish = "content_filter"  # Anthropic's way to say that this text is a refusal
    return replace(answer, blocks=blocks, finish=finish, stop_sequence=sequence, fault=Fault())


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
    async with running(load(tmp_path_factory.mktemp("sdks"), config_text(providers))) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sdks():
    sdks = Sdks()
    yield sdks
    await sdks.close()


@pytest.fixture
def both(sdks, provider, gateway):
    """Ask the vendor and the gateway the same, and return what each said."""

    async def ask(answer, client, upstream, method, *, blocking, served=None, **asked):
        asked = QUESTIONS[client] | asked
        model = MODELS[upstream]
        provider.script(sayable(answer, client, upstream))
        name = model.partition("/")[2]
        direct = await sdks.call(provider.url, client, method, blocking=blocking, model=name, **asked)
        provider.script(served or answer)
        through = await sdks.call(gateway.url, client, method, blocking=blocking, model=model, **asked)
        return direct, through

    return ask


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("method", ["create", "stream"])
@pytest.mark.parametrize(("client", "upstream"), PAIRS)
async def test_what_an_sdk_accumulates_is_what_the_vendor_would_have_said(both, client, upstream, method, answer):
    asked = tools(client, NAMES) | THINK[client] | (USAGE_IN_STREAMS[client] if method == "stream" else {})
    for blocking in (False, True):
        direct, through = await both(answer, client, upstream, method, blocking=blocking, **asked)
        assert not differences(comparable(through), comparable(direct))


def the_other_kind(answer, upstream):
    """Return what a server answers that streams when it should not, and does not when it should."""

    def serve(recorded):
        dialect, body = DIALECTS[upstream], recorded.body
        if body.get("stream"):
            frames = (orjson.dumps(dialect.whole(answer, body)),)
            return replace(answer, raw_frames=frames, fault=Fault(content_type="application/json"))
        raw = b"".join(dialect.frames(answer, body | {"stream_options": {"include_usage": True}}))
        return replace(answer, raw=raw, fault=Fault(content_type="text/event-stream"))

    return serve


@pytest.mark.parametrize("method", ["create", "stream"])
@pytest.mark.parametrize(("client", "upstream"), PAIRS)
async def test_an_answer_of_the_other_kind_is_made_the_one_that_was_asked_for(both, client, upstream, method):
    answer = ANSWERS["rich"]
    asked = tools(client, NAMES) | THINK[client] | (USAGE_IN_STREAMS[client] if method == "stream" else {})
    served = the_other_kind(answer, upstream)
    direct, through = await both(answer, client, upstream, method, blocking=False, served=served, **asked)
    assert not differences(comparable(through), comparable(direct))


async def test_an_answer_of_the_other_kind_needs_no_request_that_could_be_translated(provider, gateway):
    provider.script(the_other_kind(Answer.text("well"), RESPONSES))
    body = {"model": MODELS[RESPONSES], "input": "go on", "previous_response_id": "resp_1"}
    status, _, answer = await gateway.post("/v1/responses", body)
    assert (status, answer["output"][0]["content"][0]["text"]) == (200, "well")


class Weather(BaseModel):
    city: str
    degrees: list[int]


SCHEMA_AT = {
    CHAT: lambda body: body["response_format"]["json_schema"]["schema"],
    RESPONSES: lambda body: body["text"]["format"]["schema"],
    MESSAGES: lambda body: body["output_config"]["format"]["schema"],
}


@pytest.mark.parametrize("blocking", [False, True], ids=["async", "sync"])
@pytest.mark.parametrize("method", ["parse", "stream"])
@pytest.mark.parametrize(("client", "upstream"), PAIRS)
async def test_structured_output_is_asked_for_and_parsed(both, provider, client, upstream, method, blocking):
    answer = Answer.text('{"city":"Zür', 'ich","degrees":[1,2]}')
    direct, through = await both(answer, client, upstream, method, blocking=blocking, **shaped(client, Weather))
    assert not differences(comparable(through), comparable(direct))
    assert _parsed(through, client) == Weather(city="Zürich", degrees=[1, 2])
    assert SCHEMA_AT[upstream](provider.requests[-1].body)["required"] == ["city", "degrees"]


def _parsed(answer, client):
    if client is CHAT:
        return answer.choices[0].message.parsed
    return answer.output_parsed if client is RESPONSES else answer.parsed_output


PIECES = {
    CHAT: lambda event: (event.choices[0].delta.content or "") if event.choices else "",
    RESPONSES: lambda event: event.delta if event.type == "response.output_text.delta" else "",
    MESSAGES: lambda event: event.delta.text if event.type == "content_block_delta" else "",
}


@pytest.mark.parametrize("blocking", [False, True], ids=["async", "sync"])
@pytest.mark.parametrize(("client", "upstream"), PAIRS)
async def test_events_can_be_read_one_by_one(both, client, upstream, blocking):
    answer = Answer.text("é", "b", "c", fault=Fault(ping_every=1))
    for events in await both(answer, client, upstream, "create", blocking=blocking, stream=True):
        assert [piece for event in events if (piece := PIECES[client](event))] == ["é", "b", "c"]


OVERLOADED = {CHAT: 503, RESPONSES: 503, MESSAGES: 529}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, "overloaded"])
@pytest.mark.parametrize("method", ["create", "stream"])
@pytest.mark.parametrize(("client", "upstream"), PAIRS)
async def test_errors_are_the_exceptions_that_the_vendor_would_cause(
    sdks, provider, gateway, client, upstream, method, status
):
    raised = []
    for url, model, wire in ((provider.url, "m", client), (gateway.url, MODELS[upstream], upstream)):
        provider.script(Answer.error(OVERLOADED[wire] if status == "overloaded" else status, "because of this"))
        with pytest.raises((openai.APIStatusError, anthropic.APIStatusError), match="because of this") as caught:
            await sdks.call(url, client, method, blocking=False, model=model, **QUESTIONS[client])
        raised.append((type(caught.value), caught.value.status_code))
    assert raised[0] == raised[1]


@pytest.mark.parametrize(("client", "upstream"), PAIRS)
async def test_an_error_in_the_middle_of_a_stream_is_raised_or_told(sdks, provider, gateway, client, upstream):
    said = 6 if upstream is RESPONSES else 3  # frames, some of the text among them: before it another try is made
    provider.script(Answer.text("a", "b", "c", fault=Fault(error_at=said, message="Overloaded")))
    asked = {"model": MODELS[upstream], "stream": True, **QUESTIONS[client]}
    if client is upstream is RESPONSES:  # its SDK gives an `error` event where OpenAI's documented form is not nested
        events = await sdks.call(gateway.url, client, "create", blocking=False, **asked)
        assert (events[-1].type, events[-1].message) == ("error", "Overloaded")
    else:
        with pytest.raises((openai.APIError, anthropic.APIError), match="Overloaded"):
            await sdks.call(gateway.url, client, "create", blocking=False, **asked)


@pytest.mark.parametrize("method", ["create", "stream"])
@pytest.mark.parametrize(("client", "upstream"), PAIRS)
async def test_an_answer_can_be_sent_back_with_the_results_of_its_tools(both, provider, client, upstream, method):
    asked = tools(client, NAMES) | THINK[client]
    _, through = await both(ANSWERS["rich"], client, upstream, method, blocking=False, **asked)
    history = sent_back(through, client, {"call_1": "warm", "call_2": "noon", "call_3": "pong"})
    await both(Answer.text("well"), client, upstream, method, blocking=False, **(asked | history))
    messages = FORMATS[upstream].codec.decode_request(provider.requests[-1].body).messages
    said = [part for message in messages if message.role == "assistant" for part in message.parts]
    calls = [(part.id, part.name, orjson.loads(part.arguments)) for part in said if isinstance(part, ToolCall)]
    results = [part for message in messages for part in message.parts if isinstance(part, ToolResult)]
    assert calls == [
        ("call_1", "get_weather", {"city": "Zürich"}),
        ("call_2", "get_time", {"zone": "CET"}),
        ("call_3", "ping", {}),
    ]
    assert [(result.id, result.content[0].text) for result in results] == [
        ("call_1", "warm"), ("call_2", "noon"), ("call_3", "pong"),
    ]  # fmt: skip
    assert "".join(part.text for part in said if isinstance(part, neutral.Text)) == "Zürich is ☀"
    proofs = [part.signature for part in said if isinstance(part, Thought) and part.signature]
    assert proofs == ([] if upstream is CHAT else ["c2lnbmF0dXJl"])
