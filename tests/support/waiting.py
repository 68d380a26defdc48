"""Waiting for what another task, thread or process does and has no event of; for long, since machines may be slow."""

import asyncio
import time

_SECONDS = 30.0


async def until(reached):
    """Return when it is so; raise TimeoutError where it never is."""
    async with asyncio.timeout(_SECONDS):
        while not reached():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.005)


def wait_until(reached):
    """The same for a test without an event loop."""
    end = time.monotonic() + _SECONDS
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)
