"""Running an application until it is told to stop."""

import asyncio
import signal

from aiohttp import web

from gateway.listener import Listener

_BACKLOG = 1024


def serve(app: web.Application, address: str, port: int, drain_seconds: float) -> None:
    """Serve on one address until SIGTERM or SIGINT; then take no new work and finish what is in flight.

    A second signal ends at once. Raises OSError where the address cannot be bound.
    """
    asyncio.run(_serve(Listener(app, shutdown_timeout=drain_seconds), address, port))


async def _serve(listener: Listener, address: str, port: int) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        await listener.setup()
        await web.TCPSite(listener, address, port, backlog=_BACKLOG).start()
        await stopped.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        await listener.cleanup()
