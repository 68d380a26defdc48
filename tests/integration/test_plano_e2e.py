"""What Plano's own end-to-end tests assert, where it makes sense here: `docs/from-plano.md` names each of them.

Theirs call real vendors or mock servers behind a gateway in Docker; these call the fake provider. The configuration is
of Plano's form. The official SDKs are the clients, as there.
"""

import time
from dataclasses import replace

import anthropic
import openai
import orjson
import pytest

from devtools.fake_provider.answers import Answer, Text, Thinking, Tool
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import CODE, load, running

CONFIG = """
    version: v0.3.0
    listeners:
      - {{type: model, name: model_listener, address: 127.0.0.1, port: 12000}}
    model_providers:
      - {{model: openai/gpt-4o-mini, base_url: {url}, access_key: $OPENAI_API_KEY}}
      - {{model: openai/gpt-4o, base_url: {url}, access_key: $OPENAI_API_KEY, default: true}}
      - {{model: openai/gpt-5-mini-2025-08-07, base_url: {url}, access_key: $OPENAI_API_KEY}}
      - {{model: anthropic/claude-sonnet-4-20250514, base_url: {url}, access_key: $ANTHROPIC_API_KEY}}
      - {{model: xai/grok-4-0709, base_url: "{url}/v1", access_key: $GROK_API_KEY}}
      - {{model: mistral/mistral-large, base_url: "{url}/v1", access_key: $MISTRAL_API_KEY}}
    model_aliases:
      arch.summarize.v1: {{target: gpt-5-mini-2025-08-07}}
      arch.claude.v1: {{target: claude-sonnet-4-20250514}}
      arch.grok.v1: {{target: grok-4-0709}}
    routing_preferences:
      - name: code
        description: writing and fixing program code
        models: [openai/gpt-4o, anthropic/claude-sonnet-4-20250514, mistral/mistral-large]
"""
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROK_API_KEY", "MISTRAL_API_KEY")
HELLO = [{"role": "user", "content": "hello"}]
NAMES = ("gpt-4o-mini", "claude-sonnet-4-20250514", "arch.summarize.v1", "arch.claude.v1", "arch.grok.v1")
ECHO = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
CALL = Answer.tools(Tool("call_1", "echo_tool", ('{"text":', '"hi"}')))


@pytest.fixture
async def provider():
    async with FakeProvider() as served:
        yield served


@pytest.fixture
async def gateway(tmp_path, provider):
    config = load(tmp_path, CONFIG.format(url=provider.url), dict.fromkeys(KEYS, "k"))
    async with running(config) as served:
        yield served


@pytest.fixture
async def openai_client(gateway):
    async with openai.AsyncOpenAI(api_key="test-key", base_url=f"{gateway.url}/v1", max_retries=0) as client:
        yield client


@pytest.fixture
async def anthropic_client(gateway):
    async with anthropic.AsyncAnthropic(api_key="test-key", base_url=gateway.url, max_retries=0) as client:
        yield client


# --- clients and translation (test_prompt_gateway.py, test_model_alias_routing.py) ------------------------------------


@pytest.mark.parametrize("model", NAMES)
async def test_an_openai_client_reads_any_model(openai_client, provider, model):
    provider.script(Answer.text("Hello from ", "it!"), Answer.text("Hello from ", "it!"))
    whole = await openai_client.chat.completions.create(model=model, max_completion_tokens=50, messages=HELLO)
    assert whole.choices[0].message.content == "Hello from it!"
    asked = {"model": model, "max_completion_tokens": 50, "messages": HELLO, "temperature": 0.1, "stream": True}
    chunks = [chunk async for chunk in await openai_client.chat.completions.create(**asked)]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello from it!"


@pytest.mark.parametrize("model", NAMES)
async def test_an_anthropic_client_reads_any_model(anthropic_client, provider, model):
    provider.script(Answer.text("Hello from ", "it!"), Answer.text("Hello from ", "it!"))
    whole = await anthropic_client.messages.create(model=model, max_tokens=50, messages=HELLO)
    assert whole.content[0].text == "Hello from it!"
    async with anthropic_client.messages.stream(model=model, max_tokens=500, messages=HELLO) as stream:
        assert [piece async for piece in stream.text_stream] == ["Hello from ", "it!"]
        assert (await stream.get_final_message()).content[0].text == "Hello from it!"


async def test_thinking_streams_as_blocks_of_its_own(anthropic_client, provider):
    provider.script(Answer(blocks=(Thinking(("Two and two",)), Text(("Four.",)))))
    thinking = {"type": "enabled", "budget_tokens": 1024}
    asked = {"model": "claude-sonnet-4-20250514", "max_tokens": 2048, "thinking": thinking, "messages": HELLO}
    async with anthropic_client.messages.stream(**asked) as stream:
        events = [event async for event in stream]
        final = await stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert {"thinking", "text"} <= {event.type for event in events}


async def test_an_assistants_message_without_content_but_with_calls_goes_on(openai_client, provider):
    provider.script(Answer.text("Ten degrees."))
    call = {"id": "call_test123", "type": "function", "function": {"name": "echo_tool", "arguments": '{"text": "x"}'}}
    history = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_test123", "content": "10"},
    ]
    tools = [{"type": "function", "function": {"name": "echo_tool", "parameters": ECHO}}]
    answer = await openai_client.chat.completions.create(model="gpt-4o", messages=history, tools=tools)
    assert answer.choices[0].message.content == "Ten degrees."
    assert provider.requests[-1].body["messages"][1]["content"] is None


@pytest.mark.parametrize("model", ["arch.grok.v1", "arch.claude.v1"])
async def test_tools_are_called_through_an_alias_by_both_clients(openai_client, anthropic_client, provider, model):
    provider.script(CALL, CALL, CALL)
    tools = [{"type": "function", "function": {"name": "echo_tool", "parameters": ECHO}}]
    asked = {"model": model, "messages": HELLO, "tools": tools, "stream": True}
    chunks = [chunk async for chunk in await openai_client.chat.completions.create(**asked)]
    pieces = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert "".join(piece.function.arguments or "" for piece in pieces) == '{"text":"hi"}'
    tools = [{"name": "echo_tool", "input_schema": ECHO}]
    whole = await anthropic_client.messages.create(model=model, max_tokens=100, messages=HELLO, tools=tools)
    assert (whole.stop_reason, whole.content[0].input) == ("tool_use", {"text": "hi"})
    async with anthropic_client.messages.stream(model=model, max_tokens=100, messages=HELLO, tools=tools) as stream:
        assert (await stream.get_final_message()).content[0].input == {"text": "hi"}


async def test_an_error_of_the_provider_is_the_callers_with_its_words(openai_client, provider):
    provider.script(Answer.error(400, "Unsupported parameter: 'max_tokens'"))
    with pytest.raises(openai.BadRequestError, match="max_tokens"):
        await openai_client.chat.completions.create(model="arch.summarize.v1", messages=HELLO)


async def test_a_limit_under_its_old_name_is_no_error_here(openai_client, provider):
    """Plano asserts the vendor's 400 for `max_tokens`; here the model's own name for it is sent."""
    provider.script(Answer.text("ok"))
    await openai_client.chat.completions.create(model="arch.summarize.v1", max_tokens=150, messages=HELLO)
    sent = provider.requests[-1].body
    assert (sent.get("max_tokens"), sent["max_completion_tokens"]) == (None, 150)


async def test_a_name_that_there_is_not_is_a_404_that_lists_those_there_are(openai_client, provider):
    with pytest.raises(openai.NotFoundError, match=r"There is no model 'nonexistent.alias'.*openai/gpt-4o"):
        await openai_client.chat.completions.create(model="nonexistent.alias", messages=HELLO)
    assert provider.requests == []


# --- Responses (test_openai_responses_api_client.py) ------------------------------------------------------------------


@pytest.mark.parametrize("model", ["gpt-4o", "arch.grok.v1", "claude-sonnet-4-20250514"])
async def test_responses_are_answered_by_any_model(openai_client, provider, model):
    provider.script(Answer.text("A haiku"), Answer.text("A ", "haiku"))
    assert (await openai_client.responses.create(model=model, input="Write a haiku")).output_text == "A haiku"
    events = [event async for event in await openai_client.responses.create(model=model, input="hi", stream=True)]
    assert [event.delta for event in events if event.type == "response.output_text.delta"] == ["A ", "haiku"]
    assert events[-1].type == "response.completed"


@pytest.mark.parametrize("model", ["gpt-4o", "arch.grok.v1", "claude-sonnet-4-20250514"])
async def test_so_are_those_with_tools(openai_client, provider, model):
    provider.script(CALL, CALL)
    tools = [{"type": "function", "name": "echo_tool", "parameters": ECHO}]
    whole = await openai_client.responses.create(model=model, input="Call it", tools=tools)
    assert [(item.name, orjson.loads(item.arguments)) for item in whole.output] == [("echo_tool", {"text": "hi"})]
    asked = {"model": model, "input": "Call it", "tools": tools, "stream": True}
    events = [event async for event in await openai_client.responses.create(**asked)]
    deltas = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    assert "".join(deltas) == '{"text":"hi"}'


async def test_an_earlier_response_is_known_to_its_own_vendor_alone(openai_client, provider):
    """Plano keeps conversations for vendors that have none; here this is refused, in words that say what to send."""
    provider.script(Answer.text("one"), Answer.text("two"))
    first = await openai_client.responses.create(model="openai/gpt-4o", input="one")
    asked = {"input": "two", "previous_response_id": first.id}
    assert (await openai_client.responses.create(model="openai/gpt-4o", **asked)).output_text == "two"
    with pytest.raises(openai.BadRequestError, match="send the whole conversation"):
        await openai_client.responses.create(model="claude-sonnet-4-20250514", input="x", previous_response_id="resp_9")


# --- retries and fallback (test_retry_integration.py): the candidates of a route are what `fallback_models` are there -


@pytest.fixture
def ask(gateway, provider):
    """Send a request for code, and return its status, what was served, the body and the models asked in turn."""

    async def asking(*answers, stream=False, **more):
        before = len(provider.requests)
        provider.script(*answers)
        body = {"model": "auto", "messages": [{"role": "user", "content": CODE}], "stream": stream, **more}
        status, headers, told = await gateway.post("/v1/chat/completions", body)
        return status, headers, told, [came.body["model"] for came in provider.requests[before:]]

    return asking


BUSY = Answer.error(429, "Rate limit exceeded")
RESTING = Answer.error(429, "Rate limit exceeded", retry_after=60)


@pytest.mark.parametrize("error", [BUSY, Answer.error(503, "Service Unavailable")], ids=["IT-1", "IT-2"])
async def test_the_next_candidate_serves_where_one_goes_on_failing(ask, error):
    status, headers, told, asked = await ask(*[error] * 3, Answer.text("Hello"))
    assert (status, told["choices"][0]["message"]["content"]) == (200, "Hello")
    assert asked == ["gpt-4o"] * 3 + ["claude-sonnet-4-20250514"]
    assert headers["x-pointsman-model"] == "anthropic/claude-sonnet-4-20250514"


async def test_it_3_and_5_the_last_error_says_what_each_answered_and_tries_are_bounded(ask):
    status, _, told, asked = await ask(*[BUSY] * 20)
    assert status == 429
    for model in ("openai/gpt-4o", "anthropic/claude-sonnet-4-20250514", "mistral/mistral-large"):
        assert f"{model}: 429: Rate limit exceeded (3 tries)" in told["error"]["message"]
    assert len(asked) == 9


async def test_it_4_a_model_that_is_no_routes_has_no_fallback(gateway, provider):
    provider.script(*[BUSY] * 3)
    status, _, _ = await gateway.post("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": HELLO})
    assert status == 429
    assert {came.body["model"] for came in provider.requests} == {"gpt-4o-mini"}


async def test_it_6_the_same_model_is_asked_again_after_a_while(ask):
    status, _, _, asked = await ask(BUSY, BUSY, Answer.text("Hello"))
    assert (status, asked) == (200, ["gpt-4o"] * 3)


async def test_it_7_candidates_are_asked_in_their_order(ask):
    status, _, _, asked = await ask(RESTING, RESTING, Answer.text("Hello"))
    assert (status, asked) == (200, ["gpt-4o", "claude-sonnet-4-20250514", "mistral-large"])


async def test_it_8_a_short_retry_after_is_waited_for(ask):
    started = time.monotonic()
    status, _, _, asked = await ask(Answer.error(429, "slow down", retry_after=1), Answer.text("Hello"))
    assert (status, asked) == (200, ["gpt-4o", "gpt-4o"])
    assert time.monotonic() - started >= 1


async def test_it_9_a_model_that_asked_for_a_rest_is_not_asked_by_the_next_request(ask):
    assert (await ask(RESTING, Answer.text("Hello")))[3] == ["gpt-4o", "claude-sonnet-4-20250514"]
    assert (await ask(Answer.text("Hello")))[3] == ["claude-sonnet-4-20250514"]


async def test_it_10_a_timeout_goes_to_the_next_candidate(tmp_path, provider):
    text = CONFIG.format(url=provider.url) + "    limits: {first_byte_timeout_seconds: 0.5}\n"
    provider.script(replace(Answer.text("late"), fault=Fault(delay=5)), Answer.text("Hello"))
    async with running(load(tmp_path, text, dict.fromkeys(KEYS, "k"))) as gateway:
        body = {"model": "auto", "messages": [{"role": "user", "content": CODE}]}
        status, headers, _ = await gateway.post("/v1/chat/completions", body)
    assert (status, headers["x-pointsman-model"]) == (200, "anthropic/claude-sonnet-4-20250514")


async def test_it_12_a_stream_stays_one_behind_a_retry(ask):
    status, _, told, asked = await ask(RESTING, Answer.text("Hello", " stream!"), stream=True)
    assert (status, len(asked)) == (200, 2)
    frames = [orjson.loads(line[6:]) for line in told.decode().splitlines() if line.startswith("data: {")]
    assert [text for frame in frames if (text := frame["choices"][0]["delta"].get("content"))] == ["Hello", " stream!"]
    assert told.endswith(b"data: [DONE]\n\n")


async def test_it_13_the_request_stays_the_same_behind_a_retry(ask, provider):
    said = [{"role": "system", "content": "You help."}, {"role": "user", "content": CODE}]
    await ask(RESTING, RESTING, Answer.text("Hello"), messages=said, temperature=0.7, max_tokens=100)
    first, _, last = (came.body for came in provider.requests)
    assert (first["messages"], first["temperature"], first["max_completion_tokens"]) == (said, 0.7, 100)
    assert (last["messages"], last["temperature"], last["max_tokens"]) == (said, 0.7, 100)
