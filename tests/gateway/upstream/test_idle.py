import asyncio

import pytest

from gateway.upstream.idle import IdleTimeout
from tests.support.virtual_time import elapsed, virtual_time


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


@virtual_time
async def test_what_keeps_coming_may_take_as_long_as_it_likes():
    assert await read_all(Content(*[9.0] * 8), 10.0) == b"x" * 8
    assert elapsed() == 72.0


@pytest.mark.parametrize("before", [(), (0.0,), (9.0, 3.0)])
def test_silence_is_a_timeout_so_many_seconds_after_the_last_byte(before):
    @virtual_time
    async def silent():
        with pytest.raises(TimeoutError):
            await read_all(Content(*before, 100.0), 10.0)
        assert elapsed() == pytest.approx(sum(before) + 10.0)

    silent()


@virtual_time
async def test_a_chunk_that_comes_with_the_last_moment_is_read():
    assert await read_all(Content(9.999), 10.0) == b"x"


@virtual_time
async def test_a_slow_caller_is_not_the_providers_silence():
    assert await read_all(Content(0.0, 1.0), 10.0, pause=60.0) == b"xx"
    assert elapsed() == 121.0


@virtual_time
async def test_silence_after_a_slow_caller_is_counted_from_when_it_read_again():
    with pytest.raises(TimeoutError):
        await read_all(Content(0.0, 100.0), 10.0, pause=60.0)
    assert elapsed() == pytest.approx(70.0)


@virtual_time
async def test_being_cancelled_is_no_timeout():
    task = asyncio.create_task(read_all(Content(50.0), 100.0))
    await asyncio.sleep(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@virtual_time
async def test_what_fails_inside_is_raised_as_it_is():
    with pytest.raises(KeyError):
        async with IdleTimeout(10.0):
            raise KeyError


@virtual_time
async def test_nothing_is_left_to_fire_afterwards():
    async with IdleTimeout(1.0) as idle:
        assert await idle.read(Content(0.0)) == b"x"
    await asyncio.sleep(60.0)
