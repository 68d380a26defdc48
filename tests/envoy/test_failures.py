"""What callers see when a processor is slow, dead, restarted or overloaded, with `failure_mode_allow` both ways."""

import asyncio
import copy
import signal

import aiohttp
import pytest
import pytest_asyncio

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from tests.envoy.conftest import deploy
from tests.support.envoy import NEEDS_ENVOY, PROMPT_CODE, PROMPT_OTHER, cluster_of, free_port

pytestmark = [NEEDS_ENVOY, pytest.mark.asyncio(loop_scope="module")]
CLAUDE, MINI = "anthropic/claude-sonnet-4-20250514", "openai/gpt-4o-mini"
CHAT = "/v1/chat/completions"


def both_ways(config):
    """Add a listener that lets requests go on undecided, to a provider of its choice, and one that is set up wrong."""
    for name, change in (("lenient", _lenient), ("wrong", _wrong)):
        listener = copy.deepcopy(config["static_resources"]["listeners"][0])
        listener["name"] = name
        listener["address"]["socket_address"]["port_value"] = free_port()
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        manager["stat_prefix"] = name
        change(next(each["typed_config"] for each in manager["http_filters"] if each["name"] == "pointsman"), manager)
        config["static_resources"]["listeners"].append(listener)
    cluster_of(config, "pointsman")["health_checks"][0].update(interval="0.2s", no_traffic_interval="0.2s")


def _lenient(processor, manager):
    processor["failure_mode_allow"] = True
    processor["message_timeout"] = "0.5s"
    last = manager["route_config"]["virtual_hosts"][0]["routes"][-1]
    del last["direct_response"]
    last["route"] = {"cluster": "openai"}


def _wrong(processor, _):
    processor["processing_mode"]["request_body_mode"] = "NONE"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory):
    async with deploy(tmp_path_factory.mktemp("envoy"), change=both_ways) as deployed:
        ports = [
            each["address"]["socket_address"]["port_value"]
            for each in deployed.envoy.config["static_resources"]["listeners"]
        ]
        deployed.strict, deployed.lenient, deployed.wrong = (f"http://127.0.0.1:{port}" for port in ports)
        [deployed.processor] = deployed.processors
        yield deployed


@pytest_asyncio.fixture(loop_scope="module")
async def alive(made):
    """See to it that the processor is back at the end."""
    yield
    if made.processor.process.returncode is not None:
        await made.processor.stop()
        await made.processor.start()
    made.processor.process.send_signal(signal.SIGCONT)
    await made.envoy.healthy("pointsman", 1)


async def ask(made, url, said=PROMPT_CODE, **more):
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": said}], **more}
    async with made.envoy.session.post(url + CHAT, json=body) as got:
        return got.status, got.headers, await got.json()


async def test_while_the_processor_is_well_both_ways_are_one(made):
    for url in (made.strict, made.lenient):
        status, headers, _ = await ask(made, url)
        assert (status, headers["x-pointsman-model"]) == (200, CLAUDE)


@pytest.mark.usefixtures("alive")
async def test_a_dead_processor_is_a_503_or_is_gone_without_and_comes_back_by_itself(made):
    made.processor.process.kill()
    await made.processor.process.wait()
    status, headers, answer = await ask(made, made.strict)
    assert status == 503
    assert answer["error"]["type"] == "api_error", "which the clients of both vendors read"
    assert "x-pointsman-model" not in headers
    status, headers, _ = await ask(made, made.lenient)
    assert (status, "x-pointsman-model" in headers) == (200, False)
    assert made.openai.requests[-1].body["model"] == "gpt-4o-mini", "what the caller named, since nothing was decided"
    await made.processor.stop()
    await made.processor.start()
    await made.envoy.healthy("pointsman", 1)
    assert (await ask(made, made.strict))[0] == 200


@pytest.mark.usefixtures("alive")
async def test_a_processor_that_does_not_answer_is_waited_for_no_longer_than_the_deadline(made):
    made.processor.process.send_signal(signal.SIGSTOP)
    loop = asyncio.get_running_loop()
    began = loop.time()
    status, _, answer = await ask(made, made.strict)
    assert 1.5 < loop.time() - began < 10
    assert (status, answer["error"]["type"]) == (504, "api_error")
    began = loop.time()
    status, headers, _ = await ask(made, made.lenient)
    assert (status, "x-pointsman-model" in headers) == (200, False)
    assert loop.time() - began < 10


@pytest.mark.usefixtures("alive")
async def test_a_processor_that_dies_in_a_stream_cuts_it_or_is_gone_without(made):
    async def stream(url):
        made.openai.script(Answer.text(*"abcdefgh", fault=Fault(pace=0.15)))
        body = {"model": MINI, "stream": True, "messages": [{"role": "user", "content": PROMPT_OTHER}]}
        async with made.envoy.session.post(url + CHAT, json=body) as got:
            first = await got.content.readany()
            yield first
            yield first + await got.content.read()

    lenient = stream(made.lenient)
    strict = stream(made.strict)
    await anext(lenient)
    await anext(strict)
    made.processor.process.kill()
    await made.processor.process.wait()
    assert (await anext(lenient)).endswith(b"data: [DONE]\n\n")
    with pytest.raises(aiohttp.ClientPayloadError):
        await anext(strict)


@pytest.mark.usefixtures("alive")
async def test_a_processor_that_is_told_to_stop_serves_what_is_in_flight(made):
    made.openai.script(Answer.text(*"abcdefgh", fault=Fault(pace=0.15)))
    body = {"model": MINI, "stream": True, "messages": [{"role": "user", "content": PROMPT_OTHER}]}
    async with made.envoy.session.post(made.strict + CHAT, json=body) as got:
        await got.content.readany()
        made.processor.process.terminate()
        assert (await got.content.read()).endswith(b"data: [DONE]\n\n")
    assert await made.processor.process.wait() == 0


async def test_a_mode_that_cannot_work_is_named_in_the_log(made):
    status, _, _ = await ask(made, made.wrong)
    assert status == 503
    async with asyncio.timeout(5):
        while not any(line["event"] == "ext_proc_misconfigured" for line in made.processor.lines):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    line = next(line for line in made.processor.lines if line["event"] == "ext_proc_misconfigured")
    assert line["reason"].startswith("processing_mode.request_body_mode is NONE; it must be BUFFERED")


async def test_too_many_requests_are_refused_by_the_processor_in_the_callers_format(deployed_full):
    answers = await asyncio.gather(*(deployed_full.envoy.chat(PROMPT_OTHER) for _ in range(30)))
    statuses = [status for status, _, _ in answers]
    assert {200, 503} == set(statuses)
    _, headers, answer = answers[statuses.index(503)]
    assert headers["retry-after"] == "1"
    assert "limits.max_in_flight" in answer["error"]["message"]


@pytest_asyncio.fixture(loop_scope="module")
async def deployed_full(tmp_path):
    from tests.support.envoy import RECIPES

    text = (RECIPES / "config.yaml").read_text(encoding="utf-8")
    limits = "\nlimits: {max_in_flight: 1, max_waiting: 1, queue_seconds: 0.2}\n"
    async with deploy(tmp_path, text + limits) as deployed:
        deployed.openai.default = lambda _: Answer.text("slow", fault=Fault(delay=0.3))
        yield deployed
