"""Envoy's side of an external processor's stream, as Envoy 1.40 plays it: what it sends, when, and what it does."""

import asyncio
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from aiohttp import web
from google.protobuf.json_format import MessageToDict

from gateway.ext_proc import protocol as pb
from gateway.ext_proc.forwarder import end
from gateway.ext_proc.grpc_server.call import StatusError
from gateway.ext_proc.processor import Processor
from gateway.runtime.app import build_app
from gateway.runtime.state import State

BUFFERED, STREAMED, DUPLEX, NONE = (
    pb.BUFFERED, pb.STREAMED, pb.FULL_DUPLEX_STREAMED, pb.NONE,
)  # fmt: skip


class Modes(NamedTuple):
    """`processing_mode`, whether trailers come, and whether an answer's body comes before its headers are answered."""

    request: int = BUFFERED
    response: int = STREAMED
    trailers: bool = False
    at_once: bool = False


USUAL = Modes()


class Sent(NamedTuple):
    """A request as it went to the provider."""

    headers: dict[str, str]
    body: bytes | None


class Says(NamedTuple):
    """A provider's answer: its chunks as they come, None in place of one where the connection breaks."""

    chunks: tuple[bytes | None, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    trailers: bool = False


@dataclass
class Result:
    """What became of a request: `sent` is None where the processor answered it itself."""

    sent: Sent | None = None
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    metadata: dict = field(default_factory=dict)
    cleared: bool = False
    unseen: bool = False
    aborted: tuple | None = None

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


class Context:
    """A gRPC stream whose other end the test holds."""

    def __init__(self):
        self.to_processor = asyncio.Queue()
        self.from_processor = asyncio.Queue()

    async def read(self):
        return await self.to_processor.get()

    async def write(self, message):
        await self.from_processor.put(message)


class FakeEnvoy:
    """Sends requests through a processor to providers, which are a function of what was sent."""

    def __init__(self, processor, app):
        self.processor = processor
        self.app = app

    async def send(self, path, body=None, headers=None, provider=None, modes=USUAL, method="POST", attributes=None):
        stream = _Stream(self.processor, modes)
        try:
            async with asyncio.timeout(10):
                return await stream.run(method, path, body, headers or {}, provider, attributes or {})
        finally:
            await stream.close()


class _Stream:
    def __init__(self, processor, modes):
        self.context = Context()
        self.modes = modes
        self.result = Result()
        self.task = asyncio.ensure_future(processor.process(self.context))

    async def run(self, method, path, body, headers, provider, attributes):
        pieces = [body] if isinstance(body, bytes) else list(body or ())
        told = {":method": method, ":path": path, ":authority": "models.test", ":scheme": "http", **headers}
        first = pb.ProcessingRequest(request_headers=pb.HttpHeaders(headers=_map(told), end_of_stream=not pieces))
        first.protocol_config.request_body_mode = self.modes.request
        first.protocol_config.response_body_mode = self.modes.response
        first.protocol_config.send_body_without_waiting_for_header_response = self.modes.at_once
        for name, value in attributes.items():
            first.attributes["envoy.filters.http.ext_proc"].update({name: value})
        sent = await self._asked(first, told, pieces)
        if sent is None:
            return self.result
        self.result.sent = sent
        await self._answered(provider(sent))
        return self.result

    async def _asked(self, first, told, pieces):
        self._put(first)
        if self.modes.request == DUPLEX:
            return await self._asked_in_pieces(told, pieces)
        got = await self._get()
        if got is None:
            return None
        common = got.request_headers.response
        if pieces and not common.HasField("header_mutation"):
            body = pb.HttpBody(body=b"".join(pieces), end_of_stream=not self.modes.trailers)
            self._put(pb.ProcessingRequest(request_body=body))
            got = await self._get()
            if got is None:
                return None
            common = got.request_body.response
        headers = self._changed(told, common)
        if self.modes.trailers:
            self._put(pb.ProcessingRequest(request_trailers=pb.HttpTrailers()))
            assert (await self._get()).HasField("request_trailers")
        body = common.body_mutation.body if common.HasField("body_mutation") else b"".join(pieces) or None
        if common.HasField("body_mutation") and "content-length" in told:
            assert headers["content-length"] == str(len(body)), "Envoy answers 500 to a length that is not the body's"
        return Sent(headers, body)

    async def _asked_in_pieces(self, told, pieces):
        for number, piece in enumerate(pieces, 1):
            last = number == len(pieces) and not self.modes.trailers
            self._put(pb.ProcessingRequest(request_body=pb.HttpBody(body=piece, end_of_stream=last)))
        if self.modes.trailers:
            self._put(pb.ProcessingRequest(request_trailers=pb.HttpTrailers()))
        got = await self._get()
        if got is None:
            return None
        headers, body = self._changed(told, got.request_headers.response), b""
        while pieces:
            got = await self._get()
            if got.HasField("request_trailers"):
                break
            streamed = got.request_body.response.body_mutation.streamed_response
            body += streamed.body
            if streamed.end_of_stream:
                break
        return Sent(headers, body if pieces else None)

    async def _answered(self, says):
        result = self.result
        whole = not says.chunks and not says.trailers
        head = pb.HttpHeaders(headers=_map({":status": str(says.status), **says.headers}), end_of_stream=whole)
        self._put(pb.ProcessingRequest(response_headers=head))
        got = await self._get()
        if got is None:
            return
        result.headers = self._changed({":status": str(says.status), **says.headers}, got.response_headers.response)
        result.status = int(result.headers.pop(":status"))
        if self.modes.response == NONE:
            self._put(None)
            return
        for number, chunk in enumerate(says.chunks, 1):
            if chunk is None:
                self._put(None)
                return
            last = number == len(says.chunks) and not says.trailers
            self._put(pb.ProcessingRequest(response_body=pb.HttpBody(body=chunk, end_of_stream=last)))
            result.pieces.append(self._passed(await self._get(), chunk))
        if says.trailers:
            self._put(pb.ProcessingRequest(response_trailers=pb.HttpTrailers()))
            got = await self._get()
            if got is not None and got.HasField("response_body"):
                result.pieces.append(self._passed(got, b""))
                got = await self._get()
            assert got is None or got.HasField("response_trailers")

    def _passed(self, got, chunk):
        if got is None:
            return b""
        common = got.response_body.response
        if self.modes.response == DUPLEX:
            return common.body_mutation.streamed_response.body
        return common.body_mutation.body if common.HasField("body_mutation") else chunk

    def _changed(self, headers, common):
        changed = {**headers, **{each.header.key: each.header.raw_value.decode() for each in
                                 common.header_mutation.set_headers}}  # fmt: skip
        self.result.cleared |= common.clear_route_cache
        return {name: value for name, value in changed.items() if name not in common.header_mutation.remove_headers}

    def _put(self, message):
        self.context.to_processor.put_nowait(message)

    async def _get(self):
        """Return what the processor says, None where it answers by itself or has ended."""
        getting = asyncio.ensure_future(self.context.from_processor.get())
        await asyncio.wait({getting, self.task}, return_when=asyncio.FIRST_COMPLETED)
        if not getting.done():
            getting.cancel()
            return None
        got = getting.result()
        self.result.unseen |= got.HasField("mode_override")
        self.result.metadata |= MessageToDict(got.dynamic_metadata).get("pointsman", {})
        if not got.HasField("immediate_response"):
            return got
        now = got.immediate_response
        self.result.status = now.status.code
        self.result.headers = {each.header.key: each.header.raw_value.decode() for each in now.headers.set_headers}
        self.result.pieces = [now.body]
        return None

    async def close(self):
        """End the stream, and wait for the processor."""
        self._put(None)
        try:
            await asyncio.wait_for(self.task, 5)
        except StatusError as error:
            self.result.aborted = (error.status, error.text)


def _map(headers):
    made = pb.HttpHeaders().headers
    for name, value in headers.items():
        made.headers.add(key=name, raw_value=value.encode("utf-8", "surrogateescape"))
    return made


def processing(channel):
    """Begin a stream with a processor that listens."""
    method = f"/{pb.SERVICE}/{pb.METHOD}"
    return channel.stream_stream(method, pb.ProcessingRequest.SerializeToString, pb.ProcessingResponse.FromString)()


@asynccontextmanager
async def inside_envoy(config, state=None):
    """Serve a configuration as `pointsman ext-proc` does, to an Envoy that the test plays."""
    app = build_app(config, state=state or State(end=end))
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        yield FakeEnvoy(Processor(runner.server.request_handler, app.on_response_prepare.send), app)
    finally:
        await runner.cleanup()
