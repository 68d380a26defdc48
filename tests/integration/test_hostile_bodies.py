"""No body, whatever its content, holds up others for long, or takes memory out of proportion to its size."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from yarl import URL

from tests.support.hostile.bodies import ATTACKS
from tests.support.hostile.probe import percentile, probing, send
from tests.support.processes import up
from tests.support.upstream import upstream

SIZE = 2_000_000
CONFIG = """
model_providers:
  - model: openai/gpt-4o
    access_key: k
routing_preferences:
  - name: greetings
    description: greetings and small talk
    models: [openai/gpt-4o]
"""
OWN = """
model_providers:
  - model: own/m
    base_url: {url}/v1
    access_key: k
    formats: [{formats}]
    default: true
"""
COMPLETION = {"id": "1", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
MESSAGE = {
    "type": "message",
    "id": "1",
    "role": "assistant",
    "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "hi"}],
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
HELLO = b'{"messages": [{"role": "user", "content": "hello"}]}'
ROUNDS = 20
"""Plain requests that are sent for comparison."""


def memory(process):
    """Return the most that the resident memory has been, in bytes."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return 1024 * int(text.partition("VmHWM:")[2].split()[0])


def attacked(port, attack):
    with probing(port) as waits:
        status = send(port, attack.path, attack.body, dict(attack.headers))
    return status, [wait.seconds for wait in waits]


def undisturbed(port):
    with probing(port) as waits:
        for _ in range(ROUNDS):
            send(port, "/routing/v1/chat/completions", HELLO, {})
    return [wait.seconds for wait in waits]


@pytest.mark.timeout(300)
async def test_no_body_holds_up_others_or_takes_memory_out_of_proportion(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    statuses, waits, calm = {}, [], []
    async with up(config) as gateway:
        port = URL(gateway.url).port
        calm += await asyncio.to_thread(undisturbed, port)
        before = memory(gateway.process)
        for name, make in ATTACKS.items():
            statuses[name], waited = await asyncio.to_thread(attacked, port, make(SIZE))
            waits += waited
        calm += await asyncio.to_thread(undisturbed, port)
        grown = memory(gateway.process) - before
    assert {status for status in statuses.values() if status not in {200, 400, 413}} == set()
    assert statuses["text"] == statuses["a packed body"] == 200
    assert statuses["empty arrays"] == statuses["a gzip bomb"] == 413
    assert grown < 150_000_000
    # on an idle machine 10 ms; what else runs on this one makes the calm waits as much longer
    assert percentile(waits, 0.9) < 50 + 5 * percentile(calm, 0.9)


@pytest.mark.parametrize("formats", ["openai_chat, anthropic_messages", "anthropic_messages"])
@pytest.mark.timeout(300)
async def test_nor_does_one_that_goes_to_a_provider_in_its_own_format_or_another(tmp_path, formats):
    config = tmp_path / "config.yaml"
    attacks = {name: make(SIZE) for name, make in ATTACKS.items()}
    statuses, waits, calm = {}, [], []
    async with upstream(answer) as provider:
        config.write_text(OWN.format(url=provider.url, formats=formats))
        async with up(config) as gateway:
            port = URL(gateway.url).port
            calm += await asyncio.to_thread(undisturbed, port)
            before = memory(gateway.process)
            for name, attack in attacks.items():
                through = attack._replace(path=attack.path.removeprefix("/routing"))
                statuses[name], waited = await asyncio.to_thread(attacked, port, through)
                waits += waited
                provider.requests.clear()
            calm += await asyncio.to_thread(undisturbed, port)
            grown = memory(gateway.process) - before
    assert {status for status in statuses.values() if status not in {200, 400, 413}} == set()
    assert statuses["text"] == statuses["one tag"] == 200
    assert grown < 150_000_000
    assert percentile(waits, 0.9) < 50 + 5 * percentile(calm, 0.9)


async def answer(request):
    return web.json_response(MESSAGE if request.path.endswith("/messages") else COMPLETION)
