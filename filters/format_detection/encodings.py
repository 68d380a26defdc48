"""Content codings of a request's body: gzip, deflate, br and zstd (RFC 9110, section 8.4).

The connection leaves bodies as they come, so that they are decompressed here: in a thread, and not further than the
limit.
"""

import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Final

import brotli

from filters.errors import DownstreamError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_STEP: Final = 1 << 20
"""Bytes of output between two looks at the limit."""


class TooLargeError(Exception):
    """The output is over the limit."""


def decoder_for(encoding: str) -> Callable[[bytes, int], bytes] | None:
    """Return what decompresses a body of this `Content-Encoding` (to at most so many bytes), None where nothing does.

    Raises DownstreamError (415) for a coding that is not known.
    """
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    names = [name for name in names if name != "identity"]
    if not names:
        return None
    if len(names) > 1 or names[0] not in _DECODERS:
        known = ", ".join(_DECODERS)
        raise DownstreamError(
            415,
            f"The body's Content-Encoding is not one that is known here: {known}.",
            headers={"Accept-Encoding": known},
        )
    pieces = _DECODERS[names[0]]
    return lambda body, limit: _joined(pieces(body), limit)


def _joined(pieces: Iterator[bytes], limit: int) -> bytes:
    """Put the output together; raise TooLargeError, and ValueError for what is not of the coding or ends too early."""
    output = BytesIO()
    for piece in pieces:
        output.write(piece)
        if output.tell() > limit:
            raise TooLargeError
    return output.getvalue()


def _gzip(body: bytes) -> Iterator[bytes]:
    """Give the output; a file of several members is the sequence of theirs (RFC 1952, section 2.2)."""
    while body:
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        yield from _inflated(member, body)
        body = member.unused_data.lstrip(b"\0")


def _deflate(body: bytes) -> Iterator[bytes]:
    """Give the output of a zlib stream, or of a bare one, which some clients send under this name."""
    bare = body[:1] and body[0] & 0x0F != zlib.DEFLATED
    return _inflated(zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS), body)


def _inflated(stream: "zlib._Decompress", body: bytes) -> Iterator[bytes]:
    try:
        yield stream.decompress(body, _STEP)
        while not stream.eof:
            piece = stream.decompress(stream.unconsumed_tail, _STEP)
            if not piece and not stream.eof:
                raise ValueError("it ends too early")
            yield piece
    except zlib.error as error:
        raise ValueError from error


def _brotli(body: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    try:
        yield stream.process(body, output_buffer_limit=_STEP)
        while not stream.is_finished():
            piece = stream.process(b"", output_buffer_limit=_STEP)
            if not piece:
                raise ValueError("it ends too early")
            yield piece
    except brotli.error as error:
        raise ValueError from error


def _zstd(body: bytes) -> Iterator[bytes]:
    """Give the output; of several frames the sequence of theirs (RFC 8878, section 3.1)."""
    while body:
        frame = zstd.ZstdDecompressor()
        try:
            yield frame.decompress(body, _STEP)
            while not frame.eof:
                if frame.needs_input:
                    raise ValueError("it ends too early")
                yield frame.decompress(b"", _STEP)
        except zstd.ZstdError as error:
            raise ValueError from error
        body = frame.unused_data


_DECODERS: Final[Mapping[str, Callable[[bytes], Iterator[bytes]]]] = MappingProxyType(
    {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}
)
