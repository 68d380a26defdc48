import asyncio

import pytest

from gateway.upstream.idle import IdleTimeout


class Content:
    """Chunks that come after some seconds each."""

    def __init__(self, *after):
        self.after = list(after)

    async def readany(self):
        if not self.after:
            return b""
        await asyncio.sleep(self.after.pop(0))
        return b"x"


async def read_all(content, seconds, *, pause=0.0):
    got = b""
    async with IdleTimeout(seconds) as idle:
        while chunk := await idle.read(content):
            got += chunk
            await asyncio.sleep(pause)
    return got


async def test_what_keeps_coming_may_take_as_long_as_it_likes():
    assert await read_all(Content(*[0.03] * 8), 0.1) == b"x" * 8


async def test_silence_is_a_timeout():
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await read_all(Content(0.0, 5.0), 0.05)
    assert asyncio.get_running_loop().time() - began < 1


async def test_a_slow_caller_is_not_the_providers_silence():
    assert await read_all(Content(0.0, 0.0), 0.05, pause=0.15) == b"xx"


async def test_being_cancelled_is_no_timeout():
    task = asyncio.create_task(read_all(Content(5.0), 1.0))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nothing_is_left_to_fire_afterwards():
    async with IdleTimeout(0.02) as idle:
        assert await idle.read(Content(0.0)) == b"x"
    await asyncio.sleep(0.05)
