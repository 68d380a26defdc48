"""Running an application until it is told to stop."""

import asyncio
import gc
import signal
from collections.abc import Callable, Sequence

from aiohttp import web

from gateway.runtime.listener import Listener

_BACKLOG = 1024


Addresses = Sequence[tuple[str, int]]
"""Each an address and a port."""
Ready = Callable[[Addresses], None]


def serve(app: web.Application, addresses: Addresses, drain_seconds: float, ready: Ready) -> None:
    """Serve on these addresses until SIGTERM or SIGINT; then take no new work and finish what is in flight.

    `ready` is told them once they are listened on, with the ports that port 0 leaves to the system. A second signal
    ends at once. Raises OSError where one cannot be bound.
    """
    asyncio.run(_serve(Listener(app, shutdown_timeout=drain_seconds), addresses, ready))


async def _serve(listener: Listener, addresses: Addresses, ready: Ready) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        await listener.setup()
        for address, port in addresses:
            await web.TCPSite(listener, address, port, backlog=_BACKLOG).start()
        _settle()
        ready([(address, bound[1]) for (address, _), bound in zip(addresses, listener.addresses, strict=False)])
        await stopped.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        await listener.cleanup()


def _settle() -> None:
    """Have the garbage collector pass over what was made at start, which lives as long as the process.

    To look through it again takes tens of milliseconds each time, in which every stream stands still.
    """
    gc.collect()
    gc.freeze()
