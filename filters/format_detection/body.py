"""A request's body as bytes: decompressed, and within its limits of size and time."""

import asyncio
from collections.abc import Callable
from io import BytesIO
from typing import Final, Self

from aiohttp import hdrs, web

from filters.errors import DownstreamError
from filters.format_detection.encodings import TooLargeError, decoder_for
from filters.format_detection.in_flight import SMALL, BodiesInFlight
from filters.format_detection.limits import BodyLimits
from filters.off_loop import LARGE, off_loop

_BOM: Final = b"\xef\xbb\xbf"
_RETRY_SECONDS: Final = 1


class BodyReader:
    """Reads bodies. `in_flight` is shared by all who do, over all configurations."""

    def __init__(self, limits: BodyLimits | None = None, in_flight: BodiesInFlight | None = None) -> None:
        self.limits: Final = limits or BodyLimits()
        self._in_flight = in_flight or BodiesInFlight()
        self._small = min(SMALL, self.limits.max_bytes)

    def at_hand(self, request: web.Request) -> bytes | None:
        """Return a body that has come whole with its headers and is small, as most are; None for any other."""
        content = request.content
        if not content.is_eof() or content.total_bytes > self._small or hdrs.CONTENT_ENCODING in request.headers:
            return None
        body: bytes = content.read_nowait()
        return body.removeprefix(_BOM)

    def reading(self) -> "Body":
        """Return a body to read, a context manager that counts it as in flight until its end: that of the request."""
        return Body(self.limits, self._in_flight)


class Body:
    """The body of one request, and what of it is counted as in flight."""

    def __init__(self, limits: BodyLimits, in_flight: BodiesInFlight) -> None:
        self._limits = limits
        self._in_flight = in_flight
        self._size = 0
        self._counted = 0

    async def read(self, request: web.Request) -> bytes:
        """Return the decompressed body without its byte order mark.

        Raises DownstreamError: 413 where it is over the limit, 408 where it does not come in time, 400 where it is
        malformed, 415 where its content coding is unknown, 503 where there are too many bodies already.
        """
        encoding = request.headers.get(hdrs.CONTENT_ENCODING)
        decode = decoder_for(encoding) if encoding else None
        if (request.content_length or 0) > self._limits.max_bytes:
            raise self._too_large()
        body = await self._received(request)
        if decode is not None and body:
            body = await self._decoded(body, decode)
        return body.removeprefix(_BOM)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Count it no longer."""
        self._in_flight.give_back(self._counted)
        self._counted = 0

    async def _received(self, request: web.Request) -> bytes:
        received = BytesIO()
        try:
            async with asyncio.timeout(self._limits.timeout_seconds):
                while chunk := await request.content.readany():
                    self._count(len(chunk))
                    received.write(chunk)
        except TimeoutError:
            seconds = self._limits.timeout_seconds
            raise DownstreamError(
                408, f"The body did not come within {seconds:g} seconds; limits.body_timeout_seconds sets that."
            ) from None
        except web.RequestPayloadError as error:
            raise DownstreamError(400, "The body is malformed.") from error
        return received.getvalue()

    async def _decoded(self, body: bytes, decode: Callable[[bytes, int], bytes]) -> bytes:
        try:
            decoded = await off_loop(LARGE, lambda: decode(body, self._limits.max_bytes))
        except TooLargeError:
            raise self._too_large() from None
        except ValueError:
            raise DownstreamError(400, "The body is not what its Content-Encoding says.") from None
        self._count(max(0, len(decoded) - self._size))
        return decoded

    def _count(self, more: int) -> None:
        self._size += more
        if self._size > self._limits.max_bytes:
            raise self._too_large()
        excess = self._size - SMALL - self._counted
        if excess > 0:
            if not self._in_flight.take(excess, self._limits.max_in_flight):
                raise DownstreamError(
                    503,
                    "The gateway holds as many large bodies as limits.max_bodies_bytes lets it; try again.",
                    headers={hdrs.RETRY_AFTER: str(_RETRY_SECONDS)},
                )
            self._counted += excess

    def _too_large(self) -> DownstreamError:
        limit = self._limits.max_bytes
        return DownstreamError(
            413, f"The body is over the limit of {limit} bytes (after decompression); limits.max_body_bytes sets it."
        )
