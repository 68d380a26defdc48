"""Running an application until it is told to stop."""

import asyncio

from aiohttp import web


def serve(app: web.Application, address: str, port: int, drain_seconds: float) -> None:
    """Serve on one address until SIGTERM or SIGINT; then take no new work and finish what is in flight.

    A handler whose caller leaves is cancelled, so that no provider works for nobody. Raises OSError where the address
    cannot be bound.
    """
    web.run_app(
        app,
        host=address,
        port=port,
        print=None,
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=drain_seconds,
        loop=asyncio.new_event_loop(),
    )
