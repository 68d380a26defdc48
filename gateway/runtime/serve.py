"""Running an application until it is told to stop.

SIGTERM and Ctrl-C drain: `/readyz` answers 503 for `limits.drain_delay_seconds` while requests are still taken, so that
a load balancer can look elsewhere; then the listeners close, and what is in flight has `limits.drain_seconds` to
finish. A second signal cuts it off. SIGHUP reads the configuration again.
"""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, Final

import structlog
from aiohttp import web

from gateway.config.model import Config
from gateway.runtime.allocator import give_back_memory
from gateway.runtime.certificates import Certificate, keep_fresh
from gateway.runtime.connections import ConnectionLimits
from gateway.runtime.gateway import GATEWAY
from gateway.runtime.listener import Listener
from gateway.runtime.reload import RELOADER, Reloader
from gateway.runtime.sockets import BACKLOG

_REPORT_SECONDS: Final = 5.0
"""How often the log says what a drain is waiting for."""
_SWITCH_SECONDS: Final = 0.001
"""How long a thread may keep the interpreter from others: one that reads a large body, from the event loop, which asks
for it several times for each request."""
_GARBAGE_OBJECTS: Final = 10_000
"""So many objects more than before have the garbage collector look for garbage."""

Ready = Callable[[], None]
Background = Callable[[], Awaitable[None]]


def serve(
    app: web.Application, sockets: Sequence[socket.socket], ready: Ready, background: Sequence[Background] = ()
) -> None:
    """Serve on these sockets, which listen already, until SIGTERM or SIGINT.

    `ready` is called once requests are served; `background` runs beside the application and is cancelled at its end.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    asyncio.run(_serve(app, sockets, ready, background))


async def _serve(
    app: web.Application, sockets: Sequence[socket.socket], ready: Ready, background: Sequence[Background]
) -> None:
    gateway = app[GATEWAY]
    config = gateway.runtime.config
    limits = config.limits
    connections = ConnectionLimits(limits.max_connections, limits.header_timeout_seconds, limits.write_timeout_seconds)
    listener = Listener(app, connections, shutdown_timeout=limits.drain_seconds)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(listener.cleanup)
        await listener.setup()
        certificates = [_certificate(config, index) for index in range(len(sockets))]
        for each, certificate in zip(sockets, certificates, strict=True):
            context = certificate.context if certificate else None
            await web.SockSite(listener, each, backlog=BACKLOG, ssl_context=context).start()
        settle()
        await stack.enter_async_context(signals(gateway.state.lifecycle.drain, app.get(RELOADER)))
        ready()
        fresh = partial(keep_fresh, [each for each in certificates if each])
        await stack.enter_async_context(running((*background, fresh)))
        await gateway.state.lifecycle.told_to_drain()
        await _drain(listener)


def _certificate(config: Config, index: int) -> Certificate | None:
    """Return the certificate of a socket's listener: they are in the same order."""
    tls = config.listeners[index].tls
    return Certificate(tls) if tls else None


async def _drain(listener: Listener) -> None:
    """Stop taking work, wait for what is in flight, and say what is waited for."""
    gateway = listener.app[GATEWAY]
    lifecycle, limits = gateway.state.lifecycle, gateway.runtime.config.limits
    log = structlog.get_logger()
    delay = 0.0 if lifecycle.hurried else limits.drain_delay_seconds
    log.info("draining", requests=gateway.requests, delay_seconds=delay, drain_seconds=limits.drain_seconds)
    if delay:
        await lifecycle.told_to_cut(delay)
    async with running((lambda: _report(listener), lambda: _cut(listener))):
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
async def signals(drain: Callable[..., None], reloader: Reloader | None) -> AsyncIterator[None]:
    """Have SIGTERM and SIGINT call `drain`, and SIGHUP the reloader, while the context lasts."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[Any]] = set()

    def hang_up() -> None:
        if reloader is not None:
            task = asyncio.ensure_future(reloader.reload())
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
async def running(background: Sequence[Background]) -> AsyncIterator[None]:
    """Run work beside what is in the context, and cancel it at its end."""
    tasks = [asyncio.ensure_future(each()) for each in background]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def settle() -> None:
    """Have the garbage collector pass over what was made at start, which lives as long as the process.

    To look through it again takes tens of milliseconds each time, in which every stream stands still. And a request
    leaves nothing behind that only the collector frees: what is allocated are requests in flight and records that wait
    for their sinks, so it looks at them rarely. At its default of 700 objects it took 3 % of what a decision costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_OBJECTS, 10, 10)
    give_back_memory()
