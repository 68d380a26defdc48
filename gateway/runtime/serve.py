"""Running an application until it is told to stop.

SIGTERM and Ctrl-C drain: `/readyz` answers 503 for `limits.drain_delay_seconds` while requests are still taken, so that
a load balancer can look elsewhere; then the listeners close, and what is in flight has `limits.drain_seconds` to
finish. A second signal cuts it off. SIGHUP reads the configuration again.
"""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import structlog
from aiohttp import web

from gateway.runtime.gateway import GATEWAY
from gateway.runtime.listener import Listener

_BACKLOG: Final = 1024
_REPORT_SECONDS: Final = 5.0
"""How often the log says what a drain is waiting for."""

Addresses = Sequence[tuple[str, int]]
"""Each an address and a port."""
Ready = Callable[[Addresses], None]
Reload = Callable[[], Awaitable[Any]]
Background = Callable[[], Awaitable[None]]


def serve(
    app: web.Application, addresses: Addresses, ready: Ready, reload: Reload, background: Sequence[Background] = ()
) -> None:
    """Serve on these addresses until SIGTERM or SIGINT.

    `ready` is told them once they are listened on, with the ports that port 0 leaves to the system. `reload` is called
    at SIGHUP; `background` runs beside the application and is cancelled at its end. Raises OSError where an address
    cannot be bound.
    """
    asyncio.run(_serve(app, addresses, ready, reload, background))


async def _serve(
    app: web.Application, addresses: Addresses, ready: Ready, reload: Reload, background: Sequence[Background]
) -> None:
    gateway = app[GATEWAY]
    listener = Listener(app, shutdown_timeout=gateway.runtime.config.limits.drain_seconds)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(listener.cleanup)
        await listener.setup()
        for address, port in addresses:
            await web.TCPSite(listener, address, port, backlog=_BACKLOG).start()
        _settle()
        await stack.enter_async_context(_signals(gateway.state.lifecycle.drain, reload))
        ready([(address, bound[1]) for (address, _), bound in zip(addresses, listener.addresses, strict=False)])
        await stack.enter_async_context(_running(background))
        await gateway.state.lifecycle.told_to_drain()
        await _drain(listener)


async def _drain(listener: Listener) -> None:
    """Stop taking work, wait for what is in flight, and say what is waited for."""
    gateway = listener.app[GATEWAY]
    lifecycle, limits = gateway.state.lifecycle, gateway.runtime.config.limits
    log = structlog.get_logger()
    delay = 0.0 if lifecycle.hurried else limits.drain_delay_seconds
    log.info("draining", requests=gateway.requests, delay_seconds=delay, drain_seconds=limits.drain_seconds)
    if delay:
        await lifecycle.told_to_cut(delay)
    async with _running((lambda: _report(listener), lambda: _cut(listener))):
        await listener.cleanup()
    log.info("stopped")


async def _report(listener: Listener) -> None:
    log = structlog.get_logger()
    while True:
        await asyncio.sleep(_REPORT_SECONDS)
        log.info("waiting", requests=listener.app[GATEWAY].requests)


async def _cut(listener: Listener) -> None:
    await listener.app[GATEWAY].state.lifecycle.told_to_cut()
    structlog.get_logger().info("cut_off", requests=listener.app[GATEWAY].requests)
    listener.cut()


@asynccontextmanager
async def _signals(drain: Callable[..., None], reload: Reload) -> Any:
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[Any]] = set()

    def hang_up() -> None:
        task = asyncio.ensure_future(reload())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGTERM, drain)
    loop.add_signal_handler(signal.SIGINT, lambda: drain(hurried=True))
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _running(background: Sequence[Background]) -> Any:
    tasks = [asyncio.ensure_future(each()) for each in background]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _settle() -> None:
    """Have the garbage collector pass over what was made at start, which lives as long as the process.

    To look through it again takes tens of milliseconds each time, in which every stream stands still.
    """
    gc.collect()
    gc.freeze()
