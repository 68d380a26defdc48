"""Work that takes longer the larger a body is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

Result = TypeVar("Result")
LARGE: Final = 262_144
"""Bytes. Fewer are read and written in about a millisecond."""
_THREADS: Final = 2
"""Each that waits for the interpreter may keep the event loop waiting for a switch interval, so there are few."""


async def off_loop(size: int, work: Callable[[], Result]) -> Result:
    """Do work on a body of so many bytes: for a large one in a thread, since on the event loop every stream would stop.

    The threads are apart from those of `asyncio.to_thread`, so that large bodies keep nothing else waiting.
    """
    if size < LARGE:
        return work()
    return await asyncio.get_running_loop().run_in_executor(_executor(), work)


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, "bodies")
