"""The pooled connections through which every provider is reached."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final, TypedDict

import aiohttp
from aiohttp import web
from aiohttp.connector import Connection
from yarl import URL

from gateway.providers.provider import Provider
from gateway.upstream.large_body import LargeBody

_LARGE: Final = 262_144
"""Bytes, beyond which a body is sent in pieces."""
_LINGER: Final = 1.0
"""Seconds for the end of an answer that has said all, so that its connection can be used again."""


_reused: Final = ContextVar("reused", default=False)
"""Whether the connection of the request that this task sent last had served another before."""


class _Request(aiohttp.ClientRequest):
    """A request that notes whether its connection is a new one, as a `TraceConfig` could at several times the cost."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Send the request."""
        protocol: Any = conn.protocol
        _reused.set(hasattr(protocol, "has_served"))
        protocol.has_served = True
        return await super().send(conn)


class UpstreamClient:
    """Owns the client sessions: made when the application starts, closed when it stops.

    Connections are pooled for each host and port and kept alive. There is no total timeout, which would cut long
    streams, and no cookie jar, which would carry one caller's state to another.
    """

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None
        self._lingering: set[asyncio.Task[None]] = set()

    def session(self) -> aiohttp.ClientSession:
        """Return the session. Raises RuntimeError outside of the application's life."""
        return _alive(self._session)

    async def request(
        self, provider: Provider, method: str, url: URL, *, body: bytes, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """Send a request and return its response once the headers are there. Redirects are not followed.

        A kept-alive connection may have been closed by the provider in the meantime, which shows only when it is used:
        a reused one that gives no byte is replaced, once, by one that is made for this request.
        """
        _reused.set(False)
        try:
            return await _ask(self.session(), provider, method, url, body, headers)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not _reused.get():
                raise
        return await _ask(_alive(self._fresh), provider, method, url, body, headers)

    def release(self, response: aiohttp.ClientResponse, *, complete: bool) -> None:
        """Give a response's connection back, or close it where more would come.

        An answer that is `complete` has said all, and only the end of its body is still on its way.
        """
        if response.content.is_eof():
            response.release()
        elif complete and not response.closed:
            task = asyncio.create_task(_to_the_end(response))
            self._lingering.add(task)
            task.add_done_callback(self._lingering.discard)
        else:
            response.close()

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Hold the sessions open while the application runs (an aiohttp cleanup context)."""
        pooled = aiohttp.TCPConnector(limit=0, keepalive_timeout=60, ttl_dns_cache=60)
        single = aiohttp.TCPConnector(limit=0, force_close=True, ttl_dns_cache=60)
        async with _made(pooled) as self._session, _made(single) as self._fresh:
            yield
            tasks = tuple(self._lingering)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._session = self._fresh = None


class Egress(TypedDict):
    """How a server is reached: through which proxy, and by which certificates it is known."""

    proxy: str | None
    ssl: ssl.SSLContext | bool


DIRECTLY: Final[Egress] = {"proxy": None, "ssl": True}


def egress(provider: Provider) -> Egress:
    """Return how a provider is reached, as aiohttp's requests take it."""
    return {"proxy": provider.proxy, "ssl": provider.trust}


def _made(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        skip_auto_headers=("User-Agent", "Accept"),
        read_bufsize=2**16,
        request_class=_Request,
    )


async def _ask(
    session: aiohttp.ClientSession, provider: Provider, method: str, url: URL, body: bytes, headers: Mapping[str, str]
) -> aiohttp.ClientResponse:
    return await session.request(
        method,
        url,
        data=LargeBody(body) if len(body) > _LARGE else body,
        headers=headers,
        allow_redirects=False,
        timeout=_timeout(provider.timeouts.connect),
        **egress(provider),
    )


@lru_cache(maxsize=256)
def _timeout(connect: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=connect)


def _alive(session: aiohttp.ClientSession | None) -> aiohttp.ClientSession:
    if session is None:
        raise RuntimeError("the client session lives as long as the application runs")
    return session


async def _to_the_end(response: aiohttp.ClientResponse) -> None:
    """Wait for the end of a body, a moment; where anything else comes, the connection is of no more use."""
    try:
        async with asyncio.timeout(_LINGER):
            rest = await response.content.readany()
    except (TimeoutError, aiohttp.ClientError, OSError):
        response.close()
        return
    except asyncio.CancelledError:
        response.close()
        raise
    response.release() if not rest and response.content.is_eof() else response.close()
