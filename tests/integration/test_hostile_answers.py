"""Whatever a provider answers, the caller gets an answer or an error of its format, and nothing of ours breaks."""

import os
from collections import Counter
from itertools import count, cycle
from random import Random

import aiohttp
import pytest

from filters.formats.registry import FORMATS
from tests.support.gateway import config_text, load, running
from tests.support.hostile.answers import answer, provider

ROUNDS = int(os.environ.get("POINTSMAN_HOSTILE_ANSWERS", "240"))
HELLO = [{"role": "user", "content": "hello"}]
TOOLS = {"type": "object", "properties": {"city": {"type": "string"}}}
CALLERS = {
    "/v1/chat/completions": {
        "messages": HELLO,
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": TOOLS}}],
    },
    "/v1/messages": {"max_tokens": 9, "messages": HELLO, "tools": [{"name": "weather", "input_schema": TOOLS}]},
    "/v1/responses": {"input": "hello", "tools": [{"type": "function", "name": "weather", "parameters": TOOLS}]},
}
OURS = {"crash", "sink_failed", "library"}
"""Lines that tell of a defect of ours."""


def answers(wire, streams):
    rng = Random(wire)
    return (answer(wire, rng, stream=stream) for stream in streams)


@pytest.mark.parametrize("wire", FORMATS)
@pytest.mark.timeout(3600)
async def test_no_answer_of_a_provider_breaks_the_gateway(tmp_path, log_lines, wire):
    asked = cycle([(path, stream) for path in CALLERS for stream in (False, True)])
    order = cycle([stream for _ in CALLERS for stream in (False, True)])
    statuses, seen = Counter(), set()
    async with provider(answers(wire, order)) as url:
        entry = {"model": "mine/m", "base_url": url, "access_key": "provider-secret", "formats": f"[{wire}]"}
        limits = "{max_retries: 0, first_byte_timeout_seconds: 5, idle_timeout_seconds: 5}"
        config = load(tmp_path, config_text([entry], limits=limits))
        async with running(config) as gateway:
            for number, (path, stream) in zip(count(), asked, strict=False):
                if number == ROUNDS:
                    break
                statuses[await status(gateway, path, {"model": "mine/m", "stream": stream, **CALLERS[path]})] += 1
                seen |= {line["event"] for line in log_lines}
                assert not seen & OURS, (number, path, stream, [line for line in log_lines if line["event"] in OURS])
                log_lines.clear()
    assert statuses[500] <= statuses["provider's 500"]
    assert statuses[200] > ROUNDS / 10
    assert not [code for code in statuses if isinstance(code, int) and not 200 <= code < 600]


async def status(gateway, path, body):
    """Return the status of an answer that was read to its end; one of ours is told from the provider's own."""
    try:
        async with gateway.session.post(gateway.url + path, json=body) as response:
            text = await response.read()
    except aiohttp.ClientPayloadError:
        return "cut off"
    assert b"provider-secret" not in text
    assert b"The gateway failed" not in text
    return "provider's 500" if response.status == 500 else response.status
