"""Running the external processor until it is told to stop.

The application runs as behind `pointsman up`, with its admin listener where the configuration has one; its listeners of
requests stay closed. SIGTERM and Ctrl-C drain: the health service says NOT_SERVING for `limits.drain_delay_seconds`,
then no new stream is taken, and those in flight have `limits.drain_seconds`.
"""

import asyncio
import errno
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import grpc
import structlog
from aiohttp import web
from grpc_health.v1.health import aio as health
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server

from gateway.config.model import Config
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
        server, serving = await _server(runner, gateway.runtime.config)
        _bind(server, address)
        await server.start()
        settle()
        await stack.enter_async_context(signals(gateway.state.lifecycle.drain, app.get(RELOADER)))
        ready()
        await stack.enter_async_context(running(background))
        await gateway.state.lifecycle.told_to_drain()
        await _drain(app, server, serving)


async def _server(runner: web.AppRunner, config: Config) -> tuple[Any, Any]:
    largest = config.limits.max_body_bytes + _ROOM
    options = [
        ("grpc.max_receive_message_length", largest),
        ("grpc.max_send_message_length", largest),
        ("grpc.so_reuseport", 0),
    ]
    server = grpc.aio.server(options=options)
    assert runner.server is not None, "the application runs"  # noqa: S101
    processor = Processor(runner.server.request_handler, runner.app.on_response_prepare.send)
    server.add_generic_rpc_handlers((processor.service(),))
    serving = health.HealthServicer()
    await serving.set(SERVICE, HealthCheckResponse.SERVING)
    add_HealthServicer_to_server(serving, server)
    return server, serving


def _bind(server: Any, address: str) -> None:
    try:
        server.add_insecure_port(address)
    except RuntimeError:
        raise OSError(errno.EADDRINUSE, "gRPC cannot bind it; is it taken?", address) from None


async def _drain(app: web.Application, server: Any, serving: Any) -> None:
    """Say that there is nothing to be had here any more, then stop taking streams, and wait for what is in flight."""
    gateway = app[GATEWAY]
    lifecycle, limits = gateway.state.lifecycle, gateway.runtime.config.limits
    log = structlog.get_logger()
    delay = 0.0 if lifecycle.hurried else limits.drain_delay_seconds
    log.info("draining", requests=gateway.requests, delay_seconds=delay, drain_seconds=limits.drain_seconds)
    await serving.enter_graceful_shutdown()
    if delay:
        await lifecycle.told_to_cut(delay)
    stopping = asyncio.ensure_future(server.stop(limits.drain_seconds))
    cut = asyncio.ensure_future(lifecycle.told_to_cut())
    await asyncio.wait({stopping, cut}, return_when=asyncio.FIRST_COMPLETED)
    cut.cancel()
    if not stopping.done():
        log.info("cut_off", requests=gateway.requests)
        await server.stop(None)
    await stopping
    log.info("stopped")
