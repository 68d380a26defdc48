import asyncio
from contextlib import suppress

import pytest

from filters.context import ChatRequest
from filters.formats.canonical.events import TextDelta, Usage
from filters.formats.estimate import OutputEstimate
from gateway.telemetry.recording import Recording
from gateway.upstream.counted import Counted

CHAT = ChatRequest("openai_chat", {"messages": [{"role": "user", "content": "x" * 400}]}, b"{}", decision_only=False)
INPUT = 104


def recorded(usage=None, *, said=None, asked=True):
    recording = Recording()
    recording.asked, recording.usage = asked, usage
    if said is not None:
        recording.output = OutputEstimate()
        recording.output.event(TextDelta(said))
    return recording


async def ended(recording, error=None):
    with suppress(asyncio.CancelledError, RuntimeError):
        async with Counted(recording, CHAT):
            if error:
                raise error
    return recording


async def test_what_the_provider_told_stays():
    recording = await ended(recorded(Usage(3, 4), said="much more than four tokens " * 9))
    assert (recording.usage, recording.estimated) == (Usage(3, 4), False)


async def test_an_answer_whose_tokens_nobody_told_is_estimated():
    recording = await ended(recorded(said="x" * 80))
    assert (recording.usage, recording.estimated) == (Usage(INPUT, 20), True)


@pytest.mark.parametrize("error", [asyncio.CancelledError(), RuntimeError()])
async def test_who_leaves_is_charged_for_what_had_passed(error):
    told_at_the_start = Usage(7, 1, cache_read=5)
    recording = await ended(recorded(told_at_the_start, said="x" * 80), error)
    assert (recording.usage, recording.estimated) == (Usage(7, 20, cache_read=5), True)


async def test_who_leaves_before_the_answer_is_charged_for_the_question():
    assert (await ended(recorded(), asyncio.CancelledError())).usage == Usage(INPUT, 0)


async def test_a_stream_that_broke_off_is_charged_for_what_had_passed():
    recording = recorded(Usage(7, 1), said="x" * 80)
    recording.broken = "connection_lost"
    assert (await ended(recording)).usage == Usage(7, 20)


async def test_a_request_that_no_provider_served_costs_nothing():
    recording = await ended(recorded(asked=False), RuntimeError())
    assert (recording.usage, recording.estimated) == (None, False)
