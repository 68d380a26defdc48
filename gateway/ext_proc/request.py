"""A request of Envoy's as the request that filters know, though no connection of ours carries it."""

import asyncio
from typing import Final, cast

from aiohttp import HttpVersion11, StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from gateway.ext_proc.exchange import Exchange

_ADDRESS: Final = "source.address"
"""The attribute that names Envoy's caller, an address with its port; where the filter's `request_attributes` ask so."""
_FORWARDED: Final = "x-forwarded-for"


class _Body:
    """The body, read from the exchange as a filter reads it. It has what `filters.format_detection.body` uses."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.total_bytes = 0

    def is_eof(self) -> bool:
        """Whether nothing more comes, so that there is nothing to wait for."""
        return not self._exchange.has_body

    def read_nowait(self) -> bytes:
        """Return what has come and was not read: nothing, since it is read as it comes."""
        return b""

    async def readany(self) -> bytes:
        """Return the next piece, nothing at the end."""
        return await self._exchange.read_body()


class _Writer:
    """Where aiohttp would write an answer. Nothing is written here: the exchange tells whether one has begun."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    @property
    def output_size(self) -> int:
        """Whether the answer is Envoy's, so that no other can take its place."""
        return int(self._exchange.asked)


class _NoConnection:
    """What aiohttp asks of a connection, of which there is none."""

    transport = None
    ssl_context = None
    peername = None
    sockname = None


_NO_CONNECTION: Final = cast("RequestHandler", _NoConnection())


def request_of(exchange: Exchange) -> web.Request:
    """Return the request whose headers have come; its body is read when a filter reads it."""
    told, headers = exchange.pseudo, exchange.headers
    headers["Host"] = told.get(":authority", "")
    method, path = told.get(":method", ""), told.get(":path", "")
    message = RawRequestMessage(
        method, path, HttpVersion11, CIMultiDictProxy(headers), (), should_close=False, compression=None,
        upgrade=False, chunked=False, url=_url(path),
    )  # fmt: skip
    task = asyncio.current_task()
    assert task is not None, "a coroutine serves the stream"  # noqa: S101
    return web.Request(
        message, cast("StreamReader", _Body(exchange)), _NO_CONNECTION,
        cast("AbstractStreamWriter", _Writer(exchange)), task, task.get_loop(),
        client_max_size=0, scheme=told.get(":scheme", "http"), remote=_caller(exchange, headers),
    )  # fmt: skip


def _url(path: str) -> URL:
    path, _, query = path.partition("?")
    return URL.build(path=path, query_string=query.partition("#")[0], encoded=True)


def _caller(exchange: Exchange, headers: CIMultiDict[str]) -> str | None:
    """Return the address of Envoy's caller: what Envoy says, else what it added to `X-Forwarded-For`."""
    for struct in exchange.attributes.values():
        if (address := struct.fields.get(_ADDRESS)) is not None:
            return str(address.string_value).rpartition(":")[0].strip("[]")
    last = headers.getall(_FORWARDED, ("",))[-1].rpartition(",")[2].strip()
    return last or None
