"""The socket of the admin application."""

from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from filters.errors import ConfigError, reason

Place = tuple[str, int] | str
"""An address and a port, or the path of a Unix socket."""
_KEEPALIVE_SECONDS: Final = 15.0
_SHUTDOWN_SECONDS: Final = 1.0
"""How long open streams may take to end when the process does."""


class AdminListener:
    """Serves the admin application at a place of its own."""

    def __init__(self, app: web.Application, place: Place) -> None:
        self._app = app
        self._place = place

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Listen while the application runs (an aiohttp cleanup context). Raises ConfigError for a taken port."""
        runner = web.AppRunner(
            self._app, access_log=None, keepalive_timeout=_KEEPALIVE_SECONDS, shutdown_timeout=_SHUTDOWN_SECONDS
        )
        await runner.setup()
        try:
            await self._listen(runner)
            yield
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        site = _site(runner, self._place)
        try:
            await site.start()
        except OSError as error:
            raise ConfigError(f"admin: {site.name} cannot be listened on: {reason(error)}") from None


def _site(runner: web.AppRunner, place: Place) -> web.BaseSite:
    return web.UnixSite(runner, place) if isinstance(place, str) else web.TCPSite(runner, *place)
