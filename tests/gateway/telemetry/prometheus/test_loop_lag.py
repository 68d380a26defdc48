import asyncio
import time

from gateway.telemetry.prometheus.loop_lag import measured_lag


async def test_a_loop_that_is_blocked_is_late():
    seen = []
    async with measured_lag(seen.append, 0.01):
        await asyncio.sleep(0.05)
        calm = len(seen)
        time.sleep(0.2)  # noqa: ASYNC251 - what it is to find
        await asyncio.sleep(0.05)
    assert calm >= 1
    assert max(seen) > 0.1


async def test_it_ends_with_its_context():
    seen = []
    async with measured_lag(seen.append, 0.01):
        pass
    before = len(seen)
    await asyncio.sleep(0.05)
    assert len(seen) == before
