"""Header blocks: those of requests, read by HPACK (RFC 7541), and those of answers, which are written as literals.

An answer's headers never vary, so that writing needs no table and no state. A client repeats its headers for each call
too: a block that leaves the table of both sides as it was means the same each time, until another block changes it.
"""

from collections.abc import Mapping
from typing import Final

from hpack import Decoder, HPACKError

from gateway.ext_proc.grpc_server import frames
from gateway.ext_proc.grpc_server.frames import MAX_FRAME, Code, ProtocolError

LARGEST: Final = MAX_FRAME
"""Bytes of a request's headers, packed or not."""
Block = tuple[int, Mapping[str, str], bool]
"""The stream of a header block, its headers, and whether they end what the client says."""

_REMEMBERED: Final = 32
_CONTENT_TYPE: Final = 31
"""Where the static table has `content-type`."""
_PREFIX: Final = 15


class HeaderBlocks:
    """Reads the header blocks of one connection, each of which must be read, in order."""

    def __init__(self) -> None:
        self._decoder = Decoder(max_header_list_size=LARGEST)
        self._known: dict[bytes, Mapping[str, str]] = {}
        self._open: tuple[int, int, bytes] | None = None

    @property
    def open(self) -> bool:
        """Whether a block has begun, which nothing but CONTINUATION may follow."""
        return self._open is not None

    def begin(self, flags: int, stream: int, payload: bytes) -> Block | None:
        """Take HEADERS; return the block where that is all of it. Raises ProtocolError."""
        payload = frames.unpadded(flags, payload)
        return self._take(flags, flags, stream, payload[5:] if flags & frames.PRIORITISED else payload)

    def go_on(self, flags: int, stream: int, payload: bytes) -> Block | None:
        """Take CONTINUATION; return the block where that is the rest of it. Raises ProtocolError."""
        if self._open is None or self._open[1] != stream:
            raise ProtocolError(Code.PROTOCOL_ERROR, "CONTINUATION of a header block that has not begun")
        first, _, begun = self._open
        if len(begun) + len(payload) > LARGEST:
            raise ProtocolError(Code.ENHANCE_YOUR_CALM, f"a header block of more than {LARGEST} bytes")
        return self._take(flags, first, stream, begun + payload)

    def _take(self, flags: int, first: int, stream: int, block: bytes) -> Block | None:
        if not flags & frames.END_HEADERS:
            self._open = first, stream, block
            return None
        self._open = None
        return stream, self.read(block), bool(first & frames.END_STREAM)

    def read(self, block: bytes) -> Mapping[str, str]:
        """Return the headers of a block; of a name that comes twice, the last. Raises ProtocolError."""
        if (known := self._known.get(block)) is not None:
            return known
        size, newest, limit = self._table()
        try:
            headers = {
                name.decode("latin-1"): value.decode("latin-1") for name, value in self._decoder.decode(block, raw=True)
            }
        except HPACKError as error:
            raise ProtocolError(Code.COMPRESSION_ERROR, f"{type(error).__name__} in a header block") from None
        now = self._table()
        if now[1] is not newest or (now[0], now[2]) != (size, limit):
            self._known.clear()
        elif len(self._known) < _REMEMBERED:
            self._known[block] = headers
        return headers

    def _table(self) -> tuple[int, object, int]:
        """Return what differs once an entry was added, or the table was resized: its length, newest entry and limit."""
        table = self._decoder.header_table
        entries = table.dynamic_entries
        return len(entries), entries[0] if entries else None, table.maxsize


def status(code: int) -> bytes:
    """Return the pseudo header `:status`, to stand before the others of an answer."""
    return b"\x88" if code == 200 else b"\x08" + _text(str(code).encode())


def content_type(value: str) -> bytes:
    """Return the header `content-type`."""
    return b"\x0f" + bytes((_CONTENT_TYPE - _PREFIX,)) + _text(value.encode())


def literal(name: str, value: str) -> bytes:
    """Return a header that no table has."""
    return b"\x00" + _text(name.encode()) + _text(value.encode())


def _text(value: bytes) -> bytes:
    """Return text with its length, a number with a prefix of 7 bits (RFC 7541, section 5.1)."""
    length = len(value)
    if length < 0x7F:
        return bytes((length,)) + value
    out, length = bytearray((0x7F,)), length - 0x7F
    while length >= 0x80:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)
    return bytes(out) + value
