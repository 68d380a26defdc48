import asyncio

from gateway.runtime.lifecycle import Lifecycle


async def test_it_serves_until_it_is_told_to_drain():
    lifecycle = Lifecycle()
    waiting = asyncio.create_task(lifecycle.told_to_drain())
    await asyncio.sleep(0)
    assert (lifecycle.draining, waiting.done()) == (False, False)
    lifecycle.drain()
    await asyncio.wait_for(waiting, 1)
    assert lifecycle.draining


async def test_told_once_it_waits_and_told_twice_it_cuts():
    lifecycle = Lifecycle()
    lifecycle.drain()
    assert await lifecycle.told_to_cut(0.01) is False
    lifecycle.drain()
    assert await lifecycle.told_to_cut(5) is True


async def test_somebody_at_a_terminal_hurries_it_and_no_later_signal_takes_that_back():
    lifecycle = Lifecycle()
    lifecycle.drain(hurried=True)
    lifecycle.drain()
    assert lifecycle.hurried
