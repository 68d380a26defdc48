"""Frames that are some time apart."""

import itertools
import time

from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from tests.support.fake_answers import (
    CHAT,
    STREAM,
)


async def test_frames_are_paced(provider, client):
    provider.script(Answer.text(*"abcd", fault=Fault(pace=0.03, delay=0.05, body_delay=0.05)))
    started, times = time.monotonic(), []
    async with client.post(CHAT, json=STREAM) as response:
        headers_at = time.monotonic() - started
        async for chunk, _end in response.content.iter_chunks():
            times += [time.monotonic() - started] if chunk else []
    assert headers_at >= 0.05
    assert times[0] >= 0.1
    assert len(times) == 7  # the role, four pieces, the finish and [DONE]
    assert all(0.015 < after - before < 0.2 for before, after in itertools.pairwise(times))


async def test_a_client_that_leaves_a_paced_stream_is_seen(provider, client):
    provider.script(Answer.text(*"abcdefgh", fault=Fault(pace=0.05)))
    async with client.post(CHAT, json=STREAM) as response:
        await response.content.readline()
        response.close()
    await provider.wait_for_disconnect(0.5)
    assert provider.requests[0].disconnected_at is not None
