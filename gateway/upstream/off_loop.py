"""Work that takes longer the larger a body is."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

Result = TypeVar("Result")
LARGE: Final = 262_144
"""Bytes. Fewer are read and written in about a millisecond."""


async def off_loop(body: bytes, work: Callable[[], Result]) -> Result:
    """Do work on a body: for a large one in a thread, since on the event loop every stream would stand still for it."""
    return work() if len(body) < LARGE else await asyncio.to_thread(work)
