r"""One call: gRPC's messages on one stream of HTTP/2.

    messages come --> read() ... None once the client has said all
    write(message), write(message), ... --> the method returns: OK; or raises StatusError

A message is a flag, its length and its bytes, and knows nothing of frames. Answers wait where the client's windows are
used up, and while the connection's own buffer is full. What comes is bounded: by the size of one message, and by the
window that is given back only while little waits to be read.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from enum import IntEnum
from struct import Struct
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import quote

from gateway.ext_proc.grpc_server import frames, header_blocks
from gateway.ext_proc.grpc_server.frames import Code, StreamError

WINDOW: Final = 262_144
"""Bytes that a client may send on a stream beyond what was taken from it."""
_UNREAD: Final = 262_144
"""Bytes of messages that may wait to be read before no more are asked for."""
_PREFIX: Final = Struct(">BL")
_TYPE: Final = header_blocks.content_type("application/grpc")
_HEAD: Final = header_blocks.status(200) + _TYPE
_TEXT: Final = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")
"""What `grpc-message` holds as it is; all else is percent-encoded."""


class Status(IntEnum):
    """The statuses of gRPC that are used here."""

    OK = 0
    NOT_FOUND = 5
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    UNIMPLEMENTED = 12
    INTERNAL = 13


class StatusError(Exception):
    """Raised by a method to end its call with another status than OK. Its text goes to the client."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Line(Protocol):
    """What a call asks of its connection."""

    window: int
    """Bytes of messages that the client takes on all streams together."""
    largest_frame: int
    full: bool
    """Whether the connection's buffer holds as much as it should."""

    def send(self, data: bytes) -> None:
        """Send frames, which are whole."""


class Call:
    """The messages of one call. `window` is what the client takes on this stream, in bytes."""

    __slots__ = (
        "_begun", "_decode", "_encode", "_half_closed", "_largest", "_line", "_messages", "_number", "_partial",
        "_reader", "_room", "_unread", "_writer", "closed", "task", "window",
    )  # fmt: skip

    def __init__(
        self, line: Line, number: int, window: int, largest: int,
        decode: Callable[[bytes], Any], encode: Callable[[Any], bytes],
    ) -> None:  # fmt: skip
        self._line = line
        self._number = number
        self._largest = largest
        self._decode = decode
        self._encode = encode
        self._messages: deque[bytes] = deque()
        self._partial = bytearray()
        self._unread = 0
        self._room = WINDOW
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._half_closed = False
        self._begun = False
        self.window = window
        self.closed = False
        """Whether nothing more is sent: the call has ended, or the client has given it up."""
        self.task: asyncio.Task[None] | None = None

    async def read(self) -> Any:
        """Return the next message, None once the client has sent all of its."""
        while not self._messages:
            if self._half_closed:
                return None
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        message = self._messages.popleft()
        self._unread -= len(message)
        if self._room < WINDOW // 2:
            self._give_room()
        return self._decode(message)

    async def write(self, message: Any) -> None:
        """Send a message, once there is room for it."""
        body = self._encode(message)
        data = _PREFIX.pack(0, len(body)) + body
        line = self._line
        if not self._begun and not self.closed:
            self._begun = True
            head = frames.frame(frames.HEADERS, frames.END_HEADERS, self._number, _HEAD)
        else:
            head = b""
        size = len(data)
        if size <= line.largest_frame and size <= self.window and size <= line.window and not line.full:
            self._send(head, data)
        else:
            await self._send_in_pieces(head, data)

    async def _send_in_pieces(self, head: bytes, data: bytes) -> None:
        at = 0
        while at < len(data) and not self.closed:
            size = min(len(data) - at, self._line.largest_frame, self.window, self._line.window)
            if size <= 0 or self._line.full:
                self._writer = asyncio.get_running_loop().create_future()
                await self._writer
                continue
            self._send(head, data[at : at + size])
            head = b""
            at += size

    def _send(self, head: bytes, data: bytes) -> None:
        if self.closed:
            return
        self.window -= len(data)
        self._line.window -= len(data)
        self._line.send(head + frames.frame(frames.DATA, 0, self._number, data))

    def room(self) -> None:
        """Go on writing: a window has grown, or the connection's buffer has been sent."""
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)

    def received(self, size: int, data: bytes) -> None:
        """Take what came on the stream: `size` bytes of its window. Raises StreamError, StatusError."""
        self._room -= size
        if self._room < 0:
            raise StreamError(self._number, Code.FLOW_CONTROL_ERROR)
        self._partial += data
        self._cut()
        if self._room < WINDOW // 2:
            self._give_room()

    def _cut(self) -> None:
        """Cut messages off what has come."""
        partial = self._partial
        while len(partial) >= _PREFIX.size:
            packed, length = _PREFIX.unpack_from(partial)
            if packed:
                raise StatusError(Status.UNIMPLEMENTED, "messages are taken uncompressed only")
            if length > self._largest:
                raise StatusError(Status.RESOURCE_EXHAUSTED, f"a message of {length} bytes; at most {self._largest}")
            stop = _PREFIX.size + length
            if len(partial) < stop:
                return
            self._messages.append(bytes(partial[_PREFIX.size : stop]))
            del partial[:stop]
            self._unread += length
            self._wake()

    def _give_room(self) -> None:
        if self._unread < _UNREAD and not self._half_closed:
            self._line.send(frames.window_update(self._number, WINDOW - self._room))
            self._room = WINDOW

    def half_closed(self) -> None:
        """Note that the client has sent all of its messages."""
        self._half_closed = True
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def finish(self, status: Status, text: str = "") -> None:
        """End the call with a status; a client that is still sending is told that it need not."""
        if self.closed:
            return
        self.closed = True
        trailers = b"" if self._begun else _HEAD
        trailers += header_blocks.literal("grpc-status", str(status.value))
        if text:
            trailers += header_blocks.literal("grpc-message", quote(text, safe=_TEXT))
        flags = frames.END_HEADERS | frames.END_STREAM
        end = frames.frame(frames.HEADERS, flags, self._number, trailers)
        self._line.send(end if self._half_closed else end + frames.reset(self._number, Code.NO_ERROR))

    def cancel(self) -> None:
        """End the call where the client has given it up."""
        self.closed = True
        if self.task is not None:
            self.task.cancel()


class Method(NamedTuple):
    """What serves a method of gRPC, and how its messages become bytes and the other way."""

    serve: Callable[[Call], Coroutine[Any, Any, None]]
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]


async def _unknown(_call: Call) -> None:
    raise StatusError(Status.UNIMPLEMENTED, "no such method is served here")


UNKNOWN: Final = Method(_unknown, bytes, bytes)
"""Serves what is not served."""
