"""The admin listener."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import orjson
from aiohttp import hdrs, web

from filters.errors import ConfigError

View = Callable[[], Any]
"""Gives what is to be shown, as something that JSON can hold."""


class AdminListener:
    """Serves views by path. They are called for each request, on the event loop, so they must be quick."""

    def __init__(self, address: str, port: int, views: Mapping[str, View]) -> None:
        self._address = address
        self._port = port
        self._views = views

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Listen while the application runs (an aiohttp cleanup context). Raises ConfigError for a taken port."""
        app = web.Application()
        for path, view in self._views.items():
            app.router.add_get(path, _handler(view))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await self._listen(runner)
            yield
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, self._address, self._port).start()
        except OSError as error:
            raise ConfigError(f"admin: {self._address}:{self._port} cannot be listened on: {error.strerror}") from None


def _handler(view: View) -> Callable[[web.Request], Any]:
    async def show(_: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(view()), headers={hdrs.CONTENT_TYPE: "application/json"})

    return show
