"""The frames of HTTP/2 (RFC 9113, sections 4 to 6): cutting a connection's bytes into them, and making them."""

from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import Final

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_FRAME: Final = 16_384
"""Bytes of a frame's payload that a peer may send: the default, which is also the least that a peer may set."""
LARGEST_FRAME: Final = 2**24 - 1
LARGEST_WINDOW: Final = 2**31 - 1
LARGEST_STREAM: Final = 2**31 - 1

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM: Final = 0x1
ACK: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
PRIORITISED: Final = 0x20

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = (
    range(1, 7)
)
"""The settings."""


class Code(IntEnum):
    """The error codes of section 7 that are used here."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    FLOW_CONTROL_ERROR = 0x3
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    ENHANCE_YOUR_CALM = 0xB


class ProtocolError(Exception):
    """What a peer sent leaves the connection in no state to go on: it is told so, and closed."""

    def __init__(self, code: Code, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class StreamError(Exception):
    """What a peer sent ends one stream."""

    def __init__(self, stream: int, code: Code) -> None:
        super().__init__(code.name)
        self.stream = stream
        self.code = code


Frame = tuple[int, int, int, bytes]
"""Its type, its flags, its stream and its payload."""

_HEAD: Final = Struct(">BHBBL")
_SIZE: Final = _HEAD.size
_LONG: Final = Struct(">L")
_SETTING: Final = Struct(">HL")


class FrameReader:
    """Cuts what a client sends into its preface and frames, and keeps what is not whole yet: at most one frame."""

    def __init__(self) -> None:
        self._rest = b""
        self._begun = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Give the frames that are whole. Raises ProtocolError without a preface, and at a frame that is too large."""
        if self._rest:
            data = self._rest + data
        at, end = self._after_preface(data), len(data)
        while self._begun and end - at >= _SIZE:
            high, low, kind, flags, stream = _HEAD.unpack_from(data, at)
            length = high << 16 | low
            if length > MAX_FRAME:
                raise ProtocolError(Code.FRAME_SIZE_ERROR, f"a frame of {length} bytes; {MAX_FRAME} is the most")
            stop = at + _SIZE + length
            if stop > end:
                break
            yield kind, flags, stream & LARGEST_STREAM, data[at + _SIZE : stop]
            at = stop
        self._rest = data[at:]

    def _after_preface(self, data: bytes) -> int:
        """Return where frames begin."""
        if self._begun:
            return 0
        if not data.startswith(PREFACE[: len(data)]):
            raise ProtocolError(Code.PROTOCOL_ERROR, "this is not HTTP/2: its preface is missing")
        self._begun = len(data) >= len(PREFACE)
        return len(PREFACE) if self._begun else 0


def unpadded(flags: int, payload: bytes) -> bytes:
    """Return a payload without its padding. Raises ProtocolError where there is more padding than payload."""
    if not flags & PADDED:
        return payload
    padding = payload[0] if payload else 256
    if padding >= len(payload):
        raise ProtocolError(Code.PROTOCOL_ERROR, "a frame has more padding than payload")
    return payload[1 : len(payload) - padding]


def number(payload: bytes) -> int:
    """Return the one number that a payload is: an error code or a window's increment."""
    if len(payload) != _LONG.size:
        raise ProtocolError(Code.FRAME_SIZE_ERROR, f"a frame of {len(payload)} bytes that must have {_LONG.size}")
    value: int = _LONG.unpack(payload)[0]
    return value


def settings_of(payload: bytes) -> Iterator[tuple[int, int]]:
    """Give the settings of a frame, by number. Raises ProtocolError where one cannot be, or is cut in the middle."""
    if len(payload) % _SETTING.size:
        raise ProtocolError(Code.FRAME_SIZE_ERROR, f"SETTINGS of {len(payload)} bytes")
    for setting, value in _SETTING.iter_unpack(payload):
        if setting == MAX_FRAME_SIZE and not MAX_FRAME <= value <= LARGEST_FRAME:
            raise ProtocolError(Code.PROTOCOL_ERROR, f"SETTINGS_MAX_FRAME_SIZE of {value}")
        if setting == INITIAL_WINDOW_SIZE and value > LARGEST_WINDOW:
            raise ProtocolError(Code.FLOW_CONTROL_ERROR, f"SETTINGS_INITIAL_WINDOW_SIZE of {value}")
        yield setting, value


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return a frame as bytes."""
    length = len(payload)
    return _HEAD.pack(length >> 16, length & 0xFFFF, kind, flags, stream) + payload


def settings(values: dict[int, int]) -> bytes:
    """Return SETTINGS."""
    return frame(SETTINGS, 0, 0, b"".join(_SETTING.pack(*each) for each in values.items()))


def reset(stream: int, code: Code) -> bytes:
    """Return RST_STREAM."""
    return frame(RST_STREAM, 0, stream, _LONG.pack(code))


def window_update(stream: int, increment: int) -> bytes:
    """Return WINDOW_UPDATE; stream 0 is the connection."""
    return frame(WINDOW_UPDATE, 0, stream, _LONG.pack(increment))


def goaway(last: int, code: Code, why: str = "") -> bytes:
    """Return GOAWAY; `last` is the last stream that is served."""
    return frame(GOAWAY, 0, 0, _LONG.pack(last) + _LONG.pack(code) + why.encode())
