"""The socket of the admin application."""

from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from filters.errors import ConfigError

_KEEPALIVE_SECONDS: Final = 15.0
_SHUTDOWN_SECONDS: Final = 1.0
"""How long open streams may take to end when the process does."""


class AdminListener:
    """Serves the admin application on an address of its own."""

    def __init__(self, address: str, port: int, app: web.Application) -> None:
        self._address = address
        self._port = port
        self._app = app

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
        try:
            await web.TCPSite(runner, self._address, self._port).start()
        except OSError as error:
            raise ConfigError(f"admin: {self._address}:{self._port} cannot be listened on: {error.strerror}") from None
