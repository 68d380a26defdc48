"""What went wrong for users of other gateways, and goes right here: the lessons that no other test holds.

docs/field-lessons.md has the whole list, and for each lesson the test that holds it.
"""

import asyncio
import gc
import logging
import random
import socket
import time

import orjson
import pytest
from yarl import URL

from devtools.fake_provider.answers import Answer, Text, Thinking
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider
from filters.formats.registry import FORMATS
from tests.support.fake_classifier import FakeClassifier, answers, fails, says
from tests.support.gateway import CODE, config_text, load, running

CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
BODIES = {
    CHAT: {"messages": [{"role": "user", "content": CODE}]},
    MESSAGES: {"max_tokens": 100, "messages": [{"role": "user", "content": CODE}]},
    RESPONSES: {"input": CODE},
}
NAMES = {
    CHAT: "openai_chat",
    MESSAGES: "anthropic_messages",
    RESPONSES: "openai_responses",
}
MODELS = {CHAT: "openai/chat", MESSAGES: "anthropic/messages", RESPONSES: "openai/responses"}


@pytest.fixture
async def provider():
    async with FakeProvider() as provider:
        yield provider


def three_formats(provider, **first):
    """Return a provider entry for each format, all on one server; `first` is added to the first entry."""
    entries = [
        {"model": MODELS[path], "base_url": provider.url, "access_key": "k", "formats": f"[{NAMES[path]}]"}
        for path in BODIES
    ]
    return [entries[0] | first, *entries[1:]]


@pytest.fixture
async def gateway(tmp_path, provider):
    limits = "{first_byte_timeout_seconds: 1, idle_timeout_seconds: 1}"
    async with running(load(tmp_path, config_text(three_formats(provider, default="true"), limits=limits))) as served:
        yield served


# --- routing and sessions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("model", [{}, {"model": None}, {"model": "none"}, {"model": "auto"}, {"model": ""}])
async def test_a_model_that_is_left_open_is_the_default(gateway, path, model):
    status, headers, _ = await gateway.post(path, BODIES[path] | model)
    assert (status, headers["x-pointsman-model"]) == (200, MODELS[CHAT])


async def test_two_ports_of_one_host_are_two_providers(tmp_path, provider):
    async with FakeProvider() as other:
        providers = [
            {"model": "one/same", "base_url": provider.url, "access_key": "k", "provider_interface": "openai"},
            {"model": "two/same", "base_url": other.url, "access_key": "k", "provider_interface": "openai"},
        ]
        async with running(load(tmp_path, config_text(providers))) as served:
            await served.post(CHAT, BODIES[CHAT] | {"model": "two/same"})
        assert (len(provider.requests), len(other.requests)) == (0, 1)


async def test_a_trivial_opener_does_not_hold_the_session(tmp_path, provider):
    providers = three_formats(provider, default="true")
    session = {"X-Session-Id": "s"}
    async with running(load(tmp_path, config_text(providers, (MODELS[MESSAGES],)))) as served:
        opener = {"messages": [{"role": "user", "content": "hi"}]}
        _, headers, _ = await served.post(CHAT, opener, session)
        assert (headers["x-pointsman-route"], headers["x-pointsman-model"]) == ("none", MODELS[CHAT])
        _, headers, _ = await served.post(CHAT, BODIES[CHAT], session)
        assert (headers["x-pointsman-pinned"], headers["x-pointsman-model"]) == ("false", MODELS[MESSAGES])
        _, headers, _ = await served.post(CHAT, opener, session)
        assert (headers["x-pointsman-pinned"], headers["x-pointsman-model"]) == ("true", MODELS[MESSAGES])


BROKEN = {
    "prose": says("I would say that this is about code."),
    "a code fence": says('```json\n{"route": "code_generation"}\n```'),
    "a bare string": says('"code_generation"'),
    "a 5xx": fails(503),
    "no JSON": answers(b"<html>"),
}


@pytest.mark.parametrize("prefix", ["/routing", ""])
@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("reply", BROKEN)
async def test_whatever_a_classifier_answers_no_request_fails_for_it(tmp_path, provider, reply, path, prefix):
    async with FakeClassifier(BROKEN[reply]) as classifier:
        routing = f"{{classifier: llm, llm: {{model: tiny, base_url: '{classifier.base_url}', timeout_ms: 10000}}}}"
        config = config_text(three_formats(provider), (MODELS[CHAT],), routing=routing)
        async with running(load(tmp_path, config)) as served:
            status, _, answer = await served.post(prefix + path, BODIES[path])
        assert (status, len(classifier.bodies) > 0) == (200, True)
        assert prefix == "" or answer["route"] == "code_generation"


@pytest.mark.parametrize("path", BODIES)
async def test_every_answer_says_what_was_decided(tmp_path, provider, path):
    async with running(load(tmp_path, config_text(three_formats(provider), (MODELS[MESSAGES],)))) as served:
        _, _, told = await served.post("/routing" + path, BODIES[path])
        _, headers, _ = await served.post(path, BODIES[path] | {"stream": True})
    assert headers["x-pointsman-model"] == told["model"] == MODELS[MESSAGES]
    assert headers["x-pointsman-route"] == told["route"] == "code_generation"
    assert len(headers["x-pointsman-trace-id"]) == 32
    assert "x-pointsman-pinned" not in headers


# --- streams ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("upstream", BODIES)
@pytest.mark.parametrize("path", BODIES)
async def test_thinking_is_passed_on_while_the_model_thinks(gateway, provider, path, upstream):
    thinking = Thinking(tuple(f"thought{number} " for number in range(8)))
    provider.script(Answer(blocks=(thinking, Text(("done",))), fault=Fault(stall_at=8)))
    body = BODIES[path] | {"model": MODELS[upstream], "stream": True}
    seen = b""
    async with gateway.session.post(gateway.url + path, json=body) as answer:
        while b"thought0" not in seen:  # though the provider has not said more, and will not
            seen += await answer.content.readany()
    assert b"thought7" not in seen


async def test_a_stream_may_last_longer_than_any_timeout(gateway, provider):
    provider.default = lambda _: Answer.text(*(f"word{number} " for number in range(12)), fault=Fault(pace=0.2))
    bodies = [
        (path, BODIES[path] | {"model": MODELS[upstream], "stream": True}) for path in BODIES for upstream in BODIES
    ]
    started = time.monotonic()
    told = await asyncio.gather(*(gateway.post(path, body) for path, body in bodies))
    assert time.monotonic() - started > 2
    for status, _, answer in told:
        assert status == 200
        assert b"word11" in answer
        assert b"error" not in answer.replace(b'"error":null', b"")


@pytest.mark.parametrize("path", BODIES)
async def test_an_error_after_status_200_is_logged_as_a_failure(gateway, provider, log_lines, path):
    provider.default = lambda _: Answer.text("a", fault=Fault(error_at=0))
    status, _, _ = await gateway.post(path, BODIES[path] | {"stream": True})
    assert status >= 500
    assert {line["model"] for line in log_lines if line["event"] == "upstream_failed"} == {MODELS[CHAT]}
    assert [line["status"] for line in log_lines if line["event"] == "request"] == [status]


# --- translation ------------------------------------------------------------------------------------------------------

SAID = {
    CHAT: {
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}],
        "max_tokens": 77,
        "stop": ["END"],
    },
    MESSAGES: {
        "system": "be brief",
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 77,
        "stop_sequences": ["END"],
    },
    RESPONSES: {"instructions": "be brief", "input": "hello", "max_output_tokens": 77},
}


@pytest.mark.parametrize("upstream", BODIES)
@pytest.mark.parametrize("path", BODIES)
async def test_the_system_prompt_the_limit_and_the_stops_arrive(gateway, provider, path, upstream):
    status, headers, _ = await gateway.post(path, SAID[path] | {"model": MODELS[upstream]})
    assert status == 200
    asked = FORMATS[NAMES[upstream]].codec.decode_request(provider.requests[-1].body)
    assert [(message.role, message.parts[0].text) for message in asked.messages] == [
        ("system", "be brief"),
        ("user", "hello"),
    ]
    assert asked.max_tokens == 77
    if RESPONSES not in {path, upstream}:
        assert list(asked.stop) == ["END"]
    elif path != upstream:
        assert (path == RESPONSES) or "stop" in headers["x-pointsman-warnings"]


async def test_the_limit_goes_by_the_name_that_each_server_knows(tmp_path, provider):
    names = {"openai/a": "max_completion_tokens", "vllm/b": "max_tokens", "groq/c": "max_tokens"}
    providers = [
        {"model": model, "base_url": provider.url, "access_key": "k", "formats": "[openai_chat]"} for model in names
    ]
    async with running(load(tmp_path, config_text(providers))) as served:
        for model, name in names.items():
            await served.post(MESSAGES, BODIES[MESSAGES] | {"model": model})
            assert provider.requests[-1].body[name] == 100


@pytest.mark.parametrize("upstream", BODIES)
async def test_null_content_beside_tool_calls_is_no_error(gateway, provider, upstream):
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "done"},
    ]
    status, _, _ = await gateway.post(CHAT, {"model": MODELS[upstream], "messages": messages})
    assert status == 200
    assert b"c1" in provider.requests[-1].raw


async def test_marks_for_the_cache_reach_anthropic_from_its_own_callers_and_from_others(gateway, provider):
    mark = {"cache_control": {"type": "ephemeral"}}
    block = {"type": "text", "text": "long context"} | mark
    for path in (MESSAGES, CHAT):
        body = BODIES[path] | {"model": MODELS[MESSAGES], "messages": [{"role": "user", "content": [block]}]}
        await gateway.post(path, body)
        assert provider.requests[-1].body["messages"][0]["content"] == [block]


# --- running it -------------------------------------------------------------------------------------------------------


AT_ONCE = 50


async def _cut(gateway, path, model, chance):
    """Ask for a stream, and leave it somewhere."""
    body = BODIES[path] | {"model": model, "stream": True}
    async with gateway.session.post(gateway.url + path, json=body) as answer:
        for _ in range(chance.randint(0, 6)):
            await answer.content.readany()
        answer.close()


async def test_a_thousand_streams_cut_at_random_leave_nothing_behind(gateway, provider):
    chance = random.Random(1)
    pairs = [(path, MODELS[upstream]) for path in BODIES for upstream in BODIES]
    provider.default = lambda _: Answer.text(*("word " * 40).split(), fault=Fault(pace=0.01))
    tasks = len(asyncio.all_tasks())

    async def cut_many(count):
        for _ in range(count // AT_ONCE):
            await asyncio.gather(*(_cut(gateway, *chance.choice(pairs), chance) for _ in range(AT_ONCE)))
        await asyncio.sleep(0.5)
        provider.requests.clear()
        gc.collect()
        return len(gc.get_objects())

    before = await cut_many(200)
    after = await cut_many(800)
    assert provider.active == 0
    assert provider.connections <= AT_ONCE  # those that are kept alive
    assert len(asyncio.all_tasks()) - tasks <= 2 * AT_ONCE  # and their two sides
    assert after - before < 10_000


@pytest.mark.parametrize("path", BODIES)
async def test_no_key_and_no_prompt_is_logged_at_any_level(tmp_path, provider, log_lines, caplog, path):
    caplog.set_level(logging.DEBUG)
    key, said = "sk-very-secret", "my private words"
    faults = (Fault(), Fault(status=500, message="no"), Fault(error_at=0), Fault(cut_at=2.5), Fault(status=401))
    providers = [entry | {"access_key": key, "max_retries": 0} for entry in three_formats(provider)]
    async with running(load(tmp_path, config_text(providers, (MODELS[CHAT],)))) as served:
        for fault in faults:
            provider.default = lambda _, fault=fault: Answer.text("a private answer", fault=fault)
            body = orjson.loads(orjson.dumps(BODIES[path]).replace(CODE.encode(), f"{CODE} {said}".encode()))
            for upstream in BODIES:
                headers = {"Authorization": "Bearer sk-callers", "X-Session-Id": f"s-{upstream}"}
                await served.post(path, body | {"model": MODELS[upstream], "stream": True}, headers)
    told = f"{log_lines} {caplog.text}"
    assert "request" in told
    assert not [secret for secret in (key, "sk-callers", said, CODE, "a private answer") if secret in told]


async def test_small_writes_leave_at_once_on_both_sides(gateway, provider):
    provider.script(Answer.text("a", "b", fault=Fault(pace=0.2)))
    body = BODIES[CHAT] | {"model": MODELS[MESSAGES], "stream": True}
    async with gateway.session.post(gateway.url + CHAT, json=body) as answer:
        await answer.content.readany()
        sockets = [transport.get_extra_info("socket") for transport in asyncio.get_running_loop()._transports.values()]
        sockets = [one for one in sockets if one.family == socket.AF_INET]
        down, up = (URL(url).port for url in (gateway.url, provider.url))
        ours = [one for one in sockets if one.getsockname()[1] == down or one.getpeername()[1] == up]
        assert len(ours) >= 2
        assert all(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in ours)
