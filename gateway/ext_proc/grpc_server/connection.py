r"""One connection of HTTP/2, as its server (RFC 9113): settings, streams, windows, and what a peer may not do.

    preface --> SETTINGS --> calls ... --> drain(): GOAWAY, PING --> its answer: GOAWAY --> closed with the last call
                                \________> a fault: GOAWAY that says what is wrong, closed

A peer is bounded in what it may have at once (calls, also those that it has reset and whose tasks have not ended yet;
bytes of headers and of messages) and in how often it may send what brings no message (resets, pings, settings, windows,
empty frames).
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import Final, cast

import structlog

from gateway.ext_proc.grpc_server import frames, header_blocks
from gateway.ext_proc.grpc_server.call import UNKNOWN, WINDOW, Call, Method, Status, StatusError
from gateway.ext_proc.grpc_server.frames import Code, FrameReader, ProtocolError, StreamError
from gateway.ext_proc.grpc_server.header_blocks import Block, HeaderBlocks
from gateway.ext_proc.grpc_server.patience import Patience

STREAMS: Final = 4096
"""Calls of a connection at once. Envoy opens another connection for more."""
_ROOM: Final = 16 * 1024 * 1024
"""The window of a connection, in bytes: what bounds a peer is the windows of its streams."""
_DEFAULT_WINDOW: Final = 65_535
_HANDSHAKE_SECONDS: Final = 20.0
_LINGER_SECONDS: Final = 2.0
_DRAIN: Final = b"draining"
"""The payload of the PING whose answer says that the client has read what came before it."""
_MESSAGE_FRAMES: Final = frozenset({frames.DATA, frames.HEADERS})


class Connection(asyncio.Protocol):
    """Serves `methods`, by their paths; `gone` is called at its end. Messages have at most `largest` bytes."""

    def __init__(self, methods: Mapping[str, Method], largest: int, gone: Callable[["Connection"], None]) -> None:
        self._methods = methods
        self._largest = largest
        self._gone = gone
        self._reader = FrameReader()
        self._blocks = HeaderBlocks()
        self._settled = False
        """Whether the client's SETTINGS have come, which must be its first frame."""
        self._calls: dict[int, Call] = {}
        self._newest = self._served = 0
        """The newest stream that has begun, and the newest that is served: what comes after a drain is passed over."""
        self._received = 0
        self._patience = Patience()
        self._first_window = _DEFAULT_WINDOW
        self._drained = self._over = False
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle
        self.window = _DEFAULT_WINDOW
        self.largest_frame = frames.MAX_FRAME
        self.full = False
        self._handlers: Final[Mapping[int, Callable[[int, int, bytes], None]]] = {
            frames.DATA: self._data, frames.HEADERS: self._headers,
            frames.RST_STREAM: self._reset, frames.SETTINGS: self._settings, frames.PUSH_PROMISE: self._push_promise,
            frames.PING: self._ping, frames.WINDOW_UPDATE: self._window_update, frames.CONTINUATION: self._continuation,
        }  # fmt: skip

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what a server says first."""
        self._transport = cast("asyncio.Transport", transport)
        _without_delay(transport.get_extra_info("socket"))
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_HANDSHAKE_SECONDS, self._transport.abort)
        ours = {frames.MAX_CONCURRENT_STREAMS: STREAMS, frames.INITIAL_WINDOW_SIZE: WINDOW}
        ours[frames.MAX_HEADER_LIST_SIZE] = header_blocks.LARGEST
        self.send(frames.settings(ours) + frames.window_update(0, _ROOM - _DEFAULT_WINDOW))

    def data_received(self, data: bytes) -> None:
        """Read what the client has sent."""
        if self._over:
            return
        try:
            for kind, flags, stream, payload in self._reader.feed(data):
                self._frame(kind, flags, stream, payload)
        except ProtocolError as fault:
            self._fail(fault)

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind not in _MESSAGE_FRAMES:
            self._patience.spend()
        if self._blocks.open and kind != frames.CONTINUATION:
            raise ProtocolError(Code.PROTOCOL_ERROR, "a header block is interrupted by another frame")
        if not self._settled and (kind != frames.SETTINGS or flags & frames.ACK):
            raise ProtocolError(Code.PROTOCOL_ERROR, "the first frame is not SETTINGS")
        if (handler := self._handlers.get(kind)) is None:
            return
        try:
            handler(flags, stream, payload)
        except StreamError as fault:
            self.send(frames.reset(fault.stream, fault.code))
            self._cancel(fault.stream)

    def _data(self, flags: int, stream: int, payload: bytes) -> None:
        size = len(payload)
        self._received += size
        if self._received >= _ROOM // 2:
            self.send(frames.window_update(0, self._received))
            self._received = 0
        payload = frames.unpadded(flags, payload)
        if not payload and not flags & frames.END_STREAM:
            self._patience.spend()
        call = self._call(stream)
        if call is None:
            return
        try:
            call.received(size, payload)
        except StatusError as error:
            call.finish(error.status, error.text)
            call.cancel()
        if flags & frames.END_STREAM:
            call.half_closed()

    def _call(self, stream: int) -> Call | None:
        """Return the call of a stream, None where it has ended. Raises ProtocolError where it has not begun."""
        if (call := self._calls.get(stream)) is None:
            if not 0 < stream <= self._newest:
                raise ProtocolError(Code.PROTOCOL_ERROR, f"a frame of stream {stream}, which has not begun")
            return None
        return None if call.closed else call

    def _headers(self, flags: int, stream: int, payload: bytes) -> None:
        self._block_came(self._blocks.begin(flags, stream, payload))

    def _continuation(self, flags: int, stream: int, payload: bytes) -> None:
        self._block_came(self._blocks.go_on(flags, stream, payload))

    def _block_came(self, block: Block | None) -> None:
        """Begin a call, or end what its client says by trailers."""
        if block is None:
            return
        stream, headers, ended = block
        if not stream % 2:
            raise ProtocolError(Code.PROTOCOL_ERROR, f"HEADERS of stream {stream}, which is no client's")
        if stream > self._newest:
            self._begin(stream, headers, ended=ended)
        elif (call := self._call(stream)) is not None:
            if not ended:
                raise StreamError(stream, Code.PROTOCOL_ERROR)
            call.half_closed()

    def _begin(self, stream: int, headers: Mapping[str, str], *, ended: bool) -> None:
        self._newest = stream
        if self._drained:
            return
        self._served = stream
        if len(self._calls) >= STREAMS:
            raise StreamError(stream, Code.REFUSED_STREAM)
        if not headers.get("content-type", "").startswith("application/grpc"):
            flags = frames.END_HEADERS | frames.END_STREAM
            self.send(frames.frame(frames.HEADERS, flags, stream, header_blocks.status(415)))
            return
        method = self._methods.get(headers.get(":path", ""), UNKNOWN)
        call = Call(self, stream, self._first_window, self._largest, method.decode, method.encode)
        self._calls[stream] = call
        if ended:
            call.half_closed()
        call.task = asyncio.get_running_loop().create_task(self._serve(stream, call, method))

    async def _serve(self, stream: int, call: Call, method: Method) -> None:
        try:
            await method.serve(call)
            call.finish(Status.OK)
        except StatusError as error:
            call.finish(error.status, error.text)
        finally:
            call.finish(Status.INTERNAL, "the call ended by a defect, or was cut off")
            del self._calls[stream]
            self._close_if_idle()

    def _cancel(self, stream: int) -> None:
        if (call := self._calls.get(stream)) is not None:
            call.cancel()

    def _reset(self, _flags: int, stream: int, payload: bytes) -> None:
        frames.number(payload)
        self._call(stream)
        self._cancel(stream)

    def _settings(self, flags: int, stream: int, payload: bytes) -> None:
        if stream or (flags & frames.ACK and payload):
            raise ProtocolError(Code.PROTOCOL_ERROR, "SETTINGS of a stream, or an answer to them that is not empty")
        if flags & frames.ACK:
            return
        for setting, value in frames.settings_of(payload):
            self._set(setting, value)
        if not self._settled:
            self._settled = True
            self._timer.cancel()
        self.send(frames.frame(frames.SETTINGS, frames.ACK, 0))

    def _set(self, setting: int, value: int) -> None:
        if setting == frames.MAX_FRAME_SIZE:
            self.largest_frame = value
        elif setting == frames.INITIAL_WINDOW_SIZE:
            for call in self._calls.values():
                call.window += value - self._first_window
            self._first_window = value
            self._wake()

    def _push_promise(self, _flags: int, _stream: int, _payload: bytes) -> None:
        raise ProtocolError(Code.PROTOCOL_ERROR, "PUSH_PROMISE of a client")

    def _ping(self, flags: int, stream: int, payload: bytes) -> None:
        if stream or len(payload) != 8:
            raise ProtocolError(Code.FRAME_SIZE_ERROR, f"PING of {len(payload)} bytes, of stream {stream}")
        if not flags & frames.ACK:
            self.send(frames.frame(frames.PING, frames.ACK, 0, payload))
        elif payload == _DRAIN and not self._drained:
            self._drained = True
            self.send(frames.goaway(self._served, Code.NO_ERROR))
            self._close_if_idle()

    def _window_update(self, _flags: int, stream: int, payload: bytes) -> None:
        increment = frames.number(payload) & frames.LARGEST_WINDOW
        if not stream:
            if not 0 < increment <= frames.LARGEST_WINDOW - self.window:
                raise ProtocolError(Code.FLOW_CONTROL_ERROR, f"WINDOW_UPDATE of {increment} to {self.window}")
            self.window += increment
            self._wake()
        elif (call := self._call(stream)) is not None:
            if not 0 < increment <= frames.LARGEST_WINDOW - call.window:
                raise StreamError(stream, Code.FLOW_CONTROL_ERROR)
            call.window += increment
            call.room()

    def _wake(self) -> None:
        for call in self._calls.values():
            call.room()

    def send(self, data: bytes) -> None:
        """Send frames, which are whole."""
        if not self._over:
            self._transport.write(data)

    def pause_writing(self) -> None:
        """Have calls wait: the client does not read what was sent."""
        self.full = True

    def resume_writing(self) -> None:
        """Have calls go on."""
        self.full = False
        self._wake()

    def drain(self) -> None:
        """Take no new calls, and close once those that have begun have ended.

        The client learns it in two steps, so that no call is lost that it begins before it has heard of it.
        """
        if not self._settled:
            self._end()
            return
        self.send(frames.goaway(frames.LARGEST_STREAM, Code.NO_ERROR) + frames.frame(frames.PING, 0, 0, _DRAIN))

    def _close_if_idle(self) -> None:
        if self._drained and not self._calls:
            self._end()

    def _end(self) -> None:
        """Say nothing more, and leave it to the client to close: what it has not read would be lost otherwise."""
        if not self._over and not self._transport.is_closing():
            self._over = True
            self._transport.write_eof()
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._transport.abort)

    def _fail(self, fault: ProtocolError) -> None:
        structlog.get_logger().warning("http2_fault", reason=fault.why)
        self.send(frames.goaway(self._served, fault.code, fault.why))
        self._end()
        self._cancel_all()

    def cut(self) -> None:
        """End the connection and all of its calls now."""
        self._transport.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        """End all calls."""
        self._over = True
        self._timer.cancel()
        self._cancel_all()
        self._gone(self)

    def _cancel_all(self) -> None:
        for call in self._calls.values():
            call.cancel()


def _without_delay(sock: socket.socket) -> None:
    """Have small frames sent at once, which asyncio sees to for some listening sockets only."""
    if sock.family in {socket.AF_INET, socket.AF_INET6}:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
