"""The gateway in service: which runtime serves the next request, and how one is exchanged for another.

A request takes the runtime that is current when it comes and keeps it to its end. `swap` makes another one current at
once; the old one is retired, and gives up its background work and its connections when its last request has ended.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from aiohttp import web

from filters.api import HOOKS, Filter, Handler
from gateway.runtime.boundary import HEALTH_PATHS
from gateway.runtime.runtime import RUNTIME, Runtime
from gateway.runtime.state import State
from gateway.telemetry.recording import RECORDING


class _Generation:
    """A runtime and the requests that it still has."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime: Final = runtime
        self.resources: Final = AsyncExitStack()
        self.requests = 0
        self.retired = False
        self.idle: Final = asyncio.Event()
        self._composed: dict[Handler, Handler] = {}

    def handler(self, innermost: Handler) -> Handler:
        """Return the chain in front of a route's handler, composed once."""
        if (composed := self._composed.get(innermost)) is None:
            composed = self._composed[innermost] = self.runtime.compose(innermost)
        return composed

    def ended(self) -> None:
        """Note the end of a request."""
        self.requests -= 1
        if self.retired and not self.requests:
            self.idle.set()


class Gateway(Filter):
    """A middleware that runs each request through the chain of the current runtime."""

    def __init__(self, runtime: Runtime, state: State) -> None:
        self.state: Final = state
        self._current = _Generation(runtime)
        self._requests = 0
        self._app: web.Application | None = None
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def runtime(self) -> Runtime:
        """The runtime that serves the next request."""
        return self._current.runtime

    @property
    def requests(self) -> int:
        """How many requests are in flight, under the current runtime or one that is retired."""
        return self._requests

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve the request under the current runtime, whatever becomes current meanwhile."""
        if request.path in HEALTH_PATHS:
            return await handler(request)
        generation = self._current
        request[RUNTIME] = generation.runtime
        request[HOOKS] = generation.runtime.hooks
        request[RECORDING].price = generation.runtime.costs.of
        if generation.runtime.proxies:
            request[RECORDING].client_address = generation.runtime.proxies.client_of(request)
        generation.requests += 1
        self._requests += 1
        try:
            return await generation.handler(handler)(request)
        finally:
            self._requests -= 1
            generation.ended()

    async def lifespan(self, app: web.Application) -> AsyncIterator[None]:
        """Run the current runtime's background work while the application runs (an aiohttp cleanup context)."""
        self._app = app
        async for _ in self.state.client.lifespan(app):
            await self._open(self._current)
            yield
            for task in self._retiring:
                task.cancel()
            await asyncio.gather(*self._retiring, return_exceptions=True)
            await self._current.resources.aclose()

    async def swap(self, runtime: Runtime) -> None:
        """Serve new requests under another runtime; those that have begun finish under theirs."""
        generation = _Generation(runtime)
        await self._open(generation)
        old, self._current = self._current, generation
        task = asyncio.create_task(_retire(old))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _open(self, generation: _Generation) -> None:
        assert self._app is not None, "the application runs"  # noqa: S101 - swap is called by what runs in it
        runtime = generation.runtime
        for link in (runtime.stores.link, runtime.counting.link):
            await generation.resources.enter_async_context(self.state.links.opened(link, self._app))
        await generation.resources.enter_async_context(asynccontextmanager(runtime.refresher.lifespan)(self._app))


async def _retire(generation: _Generation) -> None:
    generation.retired = True
    try:
        if generation.requests:
            await generation.idle.wait()
    finally:
        await generation.resources.aclose()


async def forward(request: web.Request) -> web.StreamResponse:
    """Pass a request that its chain let through to the forwarder of its runtime."""
    return await request[RUNTIME].forward(request)


GATEWAY: Final[web.AppKey[Gateway]] = web.AppKey("gateway", Gateway)
