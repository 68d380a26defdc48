"""Running the external processor until it is told to stop.

The application runs as behind `pointsman up`, with its admin listener where the configuration has one; its listeners of
requests stay closed. SIGTERM and Ctrl-C drain: the health service says NOT_SERVING for `limits.drain_delay_seconds`,
then no new stream is taken, and those in flight have `limits.drain_seconds`.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

import structlog
from aiohttp import web

from gateway.config.model import Config
from gateway.ext_proc.grpc_server.health import Health
from gateway.ext_proc.grpc_server.server import Server
from gateway.ext_proc.processor import Processor
from gateway.ext_proc.protocol import SERVICE
from gateway.runtime.gateway import GATEWAY
from gateway.runtime.reload import RELOADER
from gateway.runtime.serve import Background, Ready, running, settle, signals

_ROOM: Final = 1_048_576
"""Bytes of a message beside the body that it holds."""


def serve(app: web.Application, address: str, ready: Ready, background: Sequence[Background] = ()) -> None:
    """Serve on an address (`host:port` or `unix:path`) until SIGTERM or SIGINT. Raises OSError where it cannot."""
    asyncio.run(_serve(app, address, ready, background))


async def _serve(app: web.Application, address: str, ready: Ready, background: Sequence[Background]) -> None:
    runner = web.AppRunner(app)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        gateway = app[GATEWAY]
        health = Health([SERVICE])
        server = _server(runner, health, gateway.runtime.config)
        await server.listen(address)
        settle()
        await stack.enter_async_context(signals(gateway.state.lifecycle.drain, app.get(RELOADER)))
        ready()
        await stack.enter_async_context(running(background))
        await gateway.state.lifecycle.told_to_drain()
        await _drain(app, server, health)


def _server(runner: web.AppRunner, health: Health, config: Config) -> Server:
    assert runner.server is not None, "the application runs"  # noqa: S101
    processor = Processor(runner.server.request_handler, runner.app.on_response_prepare.send)
    return Server({**processor.methods(), **health.methods()}, config.limits.max_body_bytes + _ROOM)


async def _drain(app: web.Application, server: Server, health: Health) -> None:
    """Say that there is nothing to be had here any more, then stop taking streams, and wait for what is in flight."""
    gateway = app[GATEWAY]
    lifecycle, limits = gateway.state.lifecycle, gateway.runtime.config.limits
    log = structlog.get_logger()
    delay = 0.0 if lifecycle.hurried else limits.drain_delay_seconds
    log.info("draining", requests=gateway.requests, delay_seconds=delay, drain_seconds=limits.drain_seconds)
    health.drain()
    if delay:
        await lifecycle.told_to_cut(delay)
    stopping = asyncio.ensure_future(server.stop())
    cut = asyncio.ensure_future(lifecycle.told_to_cut(limits.drain_seconds))
    await asyncio.wait({stopping, cut}, return_when=asyncio.FIRST_COMPLETED)
    cut.cancel()
    if not stopping.done():
        log.info("cut_off", requests=gateway.requests)
        server.cut()
    await stopping
    log.info("stopped")
