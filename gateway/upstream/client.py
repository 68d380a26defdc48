"""The one pooled client session through which every provider is reached."""

from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web


class UpstreamClient:
    """Owns the client session: made when the application starts, closed when it stops.

    Connections are pooled for each host and port and kept alive. There is no total timeout, which would cut long
    streams, and no cookie jar, which would carry one caller's state to another.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        """Return the session. Raises RuntimeError outside of the application's life."""
        if self._session is None:
            raise RuntimeError("the client session lives as long as the application runs")
        return self._session

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Hold the session open while the application runs (an aiohttp cleanup context)."""
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60, ttl_dns_cache=60)
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            skip_auto_headers=("User-Agent", "Accept"),
            read_bufsize=2**16,
        ) as self._session:
            yield
        self._session = None
