"""The reader of streams counts every frame, notes when each came and tells a stream that failed."""

import asyncio

import pytest

from bench.proxied import CHAT, named
from bench.streams import Stream, play
from devtools.fake_provider.answers import Answer
from devtools.fake_provider.faults import Fault
from devtools.fake_provider.server import FakeProvider

FRAMES = 8 + 3
"""The pieces, the role before them, the finish reason and `[DONE]` after them."""


@pytest.fixture
async def provider():
    async with FakeProvider() as provider:
        yield provider


async def played(provider, count, times, model="fake-8x0ms", spread=0.0):
    port = int(provider.url.rpartition(":")[2])
    return await asyncio.to_thread(play, port, named(CHAT, None, model, stream=True), count, times, spread)


async def test_each_connection_reads_so_many_streams_to_their_ends(provider):
    streams = await played(provider, count=3, times=2)
    assert [len(stream.frames) for stream in streams] == [FRAMES] * 6
    assert not any(stream.failed for stream in streams)
    assert all(request.body["stream"] for request in provider.requests)


async def test_paced_frames_come_as_they_are_paced(provider):
    [stream] = await played(provider, 1, 1, "fake-8x20ms")
    assert 0 < stream.first() < 1
    assert sum(stream.gaps()) == pytest.approx(stream.frames[-1] - stream.frames[0])
    assert sum(stream.gaps()) >= 0.02 * (FRAMES - 2)


async def test_the_first_requests_are_spread_over_the_time_given(provider):
    streams = await played(provider, 4, 1, spread=0.2)
    assert 0.14 <= max(stream.sent for stream in streams) - min(stream.sent for stream in streams) < 1


async def test_frames_are_counted_that_come_together(provider):
    provider.default = lambda _: Answer.text("a", "b", fault=Fault(frames_per_chunk=3, pace=0.001))
    [stream] = await played(provider, 1, 1)
    assert len(stream.frames) == 5
    assert len(set(stream.frames)) == 2


async def test_a_stream_that_is_cut_or_refused_has_failed_and_is_not_followed(provider):
    provider.script(Answer.error(500), Answer.text("a", fault=Fault(cut_at=1.0)))
    [refused] = await played(provider, 1, 1)
    [cut] = await played(provider, 1, 3)
    assert refused.failed
    assert cut.failed
    assert len(cut.frames) == 1


def test_a_frame_is_as_late_as_it_is_behind_the_best_of_its_stream():
    stream = Stream(sent=0.0)
    stream.frames.extend([1.0, 1.03, 1.04, 1.0])
    assert stream.lateness(0.02) == pytest.approx([0.06, 0.07, 0.06, 0.0])
