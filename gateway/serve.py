"""Running an application until it is told to stop."""

import asyncio
import gc
import signal
from collections.abc import Callable

from aiohttp import web

from gateway.listener import Listener

_BACKLOG = 1024


Ready = Callable[[int], None]


def serve(app: web.Application, address: str, port: int, drain_seconds: float, ready: Ready) -> None:
    """Serve on one address until SIGTERM or SIGINT; then take no new work and finish what is in flight.

    `ready` is told the port once it is listened on, which port 0 leaves to the system. A second signal ends at once.
    Raises OSError where the address cannot be bound.
    """
    asyncio.run(_serve(Listener(app, shutdown_timeout=drain_seconds), address, port, ready))


async def _serve(listener: Listener, address: str, port: int, ready: Ready) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        await listener.setup()
        await web.TCPSite(listener, address, port, backlog=_BACKLOG).start()
        _settle()
        ready(listener.addresses[0][1])
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
