"""How late the event loop is: the one figure that tells that something blocks it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

INTERVAL_SECONDS: Final = 0.25


@asynccontextmanager
async def measured_lag(observe: Callable[[float], None], interval: float = INTERVAL_SECONDS) -> AsyncIterator[None]:
    """Measure while the context is open: `observe` is told, every `interval` seconds, how many seconds it was late."""
    task = asyncio.create_task(_measure(observe, interval))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _measure(observe: Callable[[float], None], interval: float) -> None:
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + interval
        await asyncio.sleep(interval)
        observe(max(0.0, clock() - due))
