"""A client of HTTP/2 that sends the very bytes it is told to, right or wrong."""

import asyncio
from contextlib import asynccontextmanager

from hpack import Decoder, Encoder

from gateway.ext_proc.grpc_server import frames
from gateway.ext_proc.grpc_server.call import Method
from gateway.ext_proc.grpc_server.server import Server

SETTINGS = frames.settings({})
ECHO, DEFECT, SINK = "/test.Echo/Echo", "/test.Echo/Defect", "/test.Echo/Sink"


async def echo(call):
    """Say everything again, and end with the client."""
    while (message := await call.read()) is not None:
        await call.write(message)


async def defect(call):
    await call.read()
    raise ValueError("a prompt")


class Sink:
    """Begins calls, and reads nothing before it is told to; `ended` counts the calls that have ended, however."""

    def __init__(self):
        self.begun = self.ended = 0
        self.go_on, self.begins, self.ends = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def serve(self, call):
        self.begun += 1
        self.begins.set()
        try:
            await self.go_on.wait()
            await echo(call)
        finally:
            self.ended += 1
            self.ends.set()


def message(body=b"", *, packed=0):
    """Return a message of gRPC."""
    return bytes((packed,)) + len(body).to_bytes(4, "big") + body


def data(stream, payload, flags=0):
    return frames.frame(frames.DATA, flags, stream, payload)


class Peer:
    """One connection; what comes is kept frame by frame."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self._encoder, self._decoder = Encoder(), Decoder()
        self.got = []

    def send(self, *parts):
        self._writer.write(b"".join(parts))

    def block(self, path=ECHO, **changed):
        """Return the header block of a call, packed by the state of this connection."""
        headers = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "x", "te": "trailers",
                   "content-type": "application/grpc"} | changed  # fmt: skip
        return self._encoder.encode([(name.replace("_", "-"), value) for name, value in headers.items()])

    def call(self, stream, path=ECHO, flags=frames.END_HEADERS, **changed):
        return frames.frame(frames.HEADERS, flags, stream, self.block(path, **changed))

    async def next(self, *kinds):
        """Return the next frame of these kinds: its kind, flags, stream and payload. None at the connection's end."""
        async with asyncio.timeout(10):
            while True:
                try:
                    head = await self._reader.readexactly(9)
                    payload = await self._reader.readexactly(int.from_bytes(head[:3], "big"))
                except (asyncio.IncompleteReadError, ConnectionError):
                    return None
                frame = head[3], head[4], int.from_bytes(head[5:9], "big"), payload
                self.got.append(frame)
                if not kinds or frame[0] in kinds:
                    return frame

    async def headers(self):
        """Return the next headers, or trailers, as a dict."""
        _, flags, _, payload = await self.next(frames.HEADERS)
        return dict(self._decoder.decode(payload)) | ({"end": True} if flags & frames.END_STREAM else {})

    @property
    def data(self):
        """How many bytes of messages have come."""
        return sum(len(payload) for kind, _, _, payload in self.got if kind == frames.DATA)

    async def messages(self, count):
        """Return so many bytes of messages that come on any stream."""
        came = b""
        while len(came) < count:
            came += (await self.next(frames.DATA))[3]
        return came

    async def reset(self):
        """Return the stream and the code of the next RST_STREAM."""
        _, _, stream, payload = await self.next(frames.RST_STREAM)
        return stream, int.from_bytes(payload, "big")

    async def fault(self):
        """Return the code and the text of the GOAWAY with which the connection ends."""
        _, _, _, payload = await self.next(frames.GOAWAY)
        assert await self.next() is None, "the connection is closed"
        return int.from_bytes(payload[4:8], "big"), payload[8:].decode()

    async def pong(self, payload=b"12345678"):
        """Wait until all that was sent has been dealt with."""
        self.send(frames.frame(frames.PING, 0, 0, payload))
        while (await self.next(frames.PING))[1:] != (frames.ACK, 0, payload):
            pass

    def close(self):
        self._writer.close()


class Serving:
    """A server with three methods, which `address` leads to."""

    def __init__(self, server, address, sink):
        self.server, self.address, self.sink = server, address, sink

    @asynccontextmanager
    async def peer(self, *first):
        """Open a connection; without `first` with the preface and empty settings."""
        if self.address.startswith("unix:"):
            reader, writer = await asyncio.open_unix_connection(self.address.removeprefix("unix:"))
        else:
            host, _, port = self.address.rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
        made = Peer(reader, writer)
        made.send(*(first or (frames.PREFACE, SETTINGS)))
        try:
            yield made
        finally:
            made.close()


@asynccontextmanager
async def grpc_server(address, largest=1_000_000):
    """Serve while the context lasts."""
    sink = Sink()
    methods = {ECHO: echo, DEFECT: defect, SINK: sink.serve}
    server = Server({path: Method(serve, bytes, bytes) for path, serve in methods.items()}, largest)
    await server.listen(address)
    stopping = None
    try:
        yield Serving(server, address, sink)
    finally:
        stopping = asyncio.ensure_future(server.stop())
        await asyncio.sleep(0)
        server.cut()
        await asyncio.wait_for(stopping, 10)
