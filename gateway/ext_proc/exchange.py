r"""One HTTP request and its answer, as Envoy tells of them on one gRPC stream.

    request headers --> request body --> asked --> answer headers --> answer body --> over
            \_________________\___________________> refused (answered by the gateway itself)

Each message of Envoy's is answered by one of the same kind, in order. How bodies come is what Envoy's configuration
says (`processing_mode`), and told in the first message:

- `BUFFERED`: the body comes whole, once the headers have been answered; its answer may still change the headers. A
  short one is asked for at once, so that it is on its way while the request is made ready.
- `FULL_DUPLEX_STREAMED`: chunks come at once, and nothing goes on before it is sent back.
- `STREAMED` (answers only): each chunk waits at Envoy until it has been answered.

An Exchange belongs to one request. Envoy ends the stream when its caller leaves, which cancels whoever reads here.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from aiohttp import hdrs, web
from multidict import CIMultiDictProxy

from filters.errors import DownstreamError
from gateway.ext_proc import protocol as pb
from gateway.ext_proc.messages import (
    GO_ON_HEADERS,
    GO_ON_TRAILERS,
    PASS_TRAILERS,
    Facts,
    change,
    headers_of,
    immediate,
    tell,
)
from gateway.ext_proc.protocol import Message

_DUPLEX: Final = pb.FULL_DUPLEX_STREAMED
_REQUEST_MODES: Final = frozenset({pb.BUFFERED, _DUPLEX})
_SHORT: Final = 65_536
"""Bytes of a body that may come before anybody has looked at the request."""
_PIECE: Final = 65_536
"""Bytes of a body that are sent to Envoy in one message of the full duplex mode."""

Read = Callable[[], Awaitable[Any]]
Write = Callable[[Message], Awaitable[Any]]


class OutOfOrderError(Exception):
    """Envoy said something that cannot follow on what it said before: its `processing_mode` is not one we know."""


class EndedError(ConnectionError):
    """Envoy has ended the stream before the answer did: nobody waits for it any longer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes to the provider: headers to set and to remove, the body where there is one, and facts for Envoy."""

    headers: Mapping[str, str]
    remove: Iterable[str]
    body: bytes | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of an answer; `whole` tells that no body follows."""

    status: int
    headers: CIMultiDictProxy[str]
    whole: bool

    @property
    def streamed(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        return self.headers.get(hdrs.CONTENT_TYPE, "").lower().startswith("text/event-stream")


class Chunk(NamedTuple):
    """A piece of an answer's body. What comes with the trailers is the end of the body, and has no bytes."""

    data: bytes
    last: bool
    trailers: bool = False


class Exchange:
    """Reads what Envoy says of one request, and answers it."""

    def __init__(self, read: Read, write: Write, first: Message) -> None:
        """Begin with the first message. Raises OutOfOrderError where that does not bring the request's headers."""
        if first.WhichOneof("request") != "request_headers":
            raise OutOfOrderError("the first message has no request headers: request_header_mode must be SEND")
        self._read = read
        self._write = write
        self.request: Final = first.request_headers
        self.pseudo, self.headers = headers_of(first.request_headers.headers)
        self.attributes: Final = first.attributes
        self._modes: Final = first.protocol_config
        self._duplex: Final = self._modes.request_body_mode == _DUPLEX and not self.request.end_of_stream
        self._body_ended = self.request.end_of_stream
        self._told_to_go_on = False
        self._in_body = False
        """Whether it is the body, which came whole, that is to be answered next, and no longer the headers."""
        self._trailers = False
        self.asked = False
        """Whether the answer is Envoy's: of the provider that the request went to, or one of its own."""

    @property
    def unreadable(self) -> str | None:
        """What keeps the request's body from being read, in one sentence; None where it can be."""
        if self._body_ended or self._modes.request_body_mode in _REQUEST_MODES:
            return None
        mode = pb.MODES[self._modes.request_body_mode]
        return f"processing_mode.request_body_mode is {mode}; it must be BUFFERED or FULL_DUPLEX_STREAMED"

    @property
    def has_body(self) -> bool:
        """Whether there is more of the request's body to read."""
        return not self._body_ended

    @property
    def shows_body_at_once(self) -> bool:
        """Whether an answer's body comes before its headers are answered: too late to leave it unseen."""
        return bool(self._modes.send_body_without_waiting_for_header_response)

    @property
    def had_body(self) -> bool:
        """Whether the request came with a body, read or not."""
        return not self.request.end_of_stream

    async def ask_for_short_body(self) -> None:
        """Have Envoy send the request's body before it is read, where that is known to be short."""
        length = self.headers.get(hdrs.CONTENT_LENGTH, "")
        if self.has_body and not self._duplex and length.isdecimal() and int(length) <= _SHORT:
            await self._go_on()

    async def _go_on(self) -> None:
        if not self._told_to_go_on:
            self._told_to_go_on = True
            await self._write(GO_ON_HEADERS)

    async def read_body(self) -> bytes:
        """Return the next piece of the request's body, nothing at its end.

        Raises DownstreamError where Envoy itself answers before all of it has come (413, 408).
        """
        while not self._body_ended:
            if not self._duplex:
                await self._go_on()
            message = await self._next("request_body", "request_trailers", "response_headers")
            if message.HasField("response_headers"):
                raise self._answered_early(message.response_headers)
            self._trailers = message.HasField("request_trailers")
            self._in_body = not self._duplex
            self._body_ended = self._in_body or self._trailers or message.request_body.end_of_stream
            if piece := bytes(message.request_body.body):
                return piece
        return b""

    def _answered_early(self, head: Message) -> DownstreamError:
        self.asked = True
        status = int(headers_of(head.headers)[0].get(":status", "400"))
        return DownstreamError(max(400, status), "Envoy itself answered, before the body had come whole.")

    async def refuse(self, response: web.Response) -> None:
        """Answer the request in the provider's place."""
        await self._write(immediate(response))

    async def ask(self, asked: Asked) -> Head:
        """Let the request go on, and return how the answer begins. Raises EndedError where it does not begin."""
        while await self.read_body():
            pass
        self.asked = True
        headers = dict(asked.headers)
        if asked.body is not None:
            headers["content-length"] = str(len(asked.body))
        message = pb.ProcessingResponse()
        common = (message.request_body if self._in_body else message.request_headers).response
        common.clear_route_cache = True
        change(common.header_mutation, headers, asked.remove)
        if asked.body is not None and not self._duplex:
            common.body_mutation.body = asked.body
        tell(message.dynamic_metadata, asked.facts)
        await self._write(message)
        if self._duplex:
            await self._send_body(asked.body or b"")
        return await self._answer()

    async def _send_body(self, body: bytes) -> None:
        """Send the body back in pieces, and let trailers go on behind it."""
        for at in range(0, len(body) or 1, _PIECE):
            last = at + _PIECE >= len(body) and not self._trailers
            await self._write(pb.ProcessingResponse(request_body=_piece(body[at : at + _PIECE], last=last)))
        if self._trailers:
            await self._write(GO_ON_TRAILERS)

    async def _answer(self) -> Head:
        message = await self._next("response_headers", "request_trailers")
        if message.HasField("request_trailers"):
            await self._write(GO_ON_TRAILERS)
            message = await self._next("response_headers")
        head = message.response_headers
        pseudo, headers = headers_of(head.headers)
        status = int(pseudo.get(":status", "0"))
        return Head(status, CIMultiDictProxy(headers), head.end_of_stream)

    async def begin(self, headers: Mapping[str, str], remove: Iterable[str], *, unseen: bool = False) -> None:
        """Let the headers of the answer go on, changed; `unseen` tells Envoy to keep the body to itself."""
        message = pb.ProcessingResponse()
        change(message.response_headers.response.header_mutation, headers, remove)
        if unseen:
            message.mode_override.response_body_mode = pb.NONE
            message.mode_override.SetInParent()
        await self._write(message)

    async def chunks(self) -> AsyncIterator[Chunk]:
        """Give the body of the answer as it comes. Each chunk is owed a `passed` before the next.

        Ends without a last one where Envoy's configuration shows no body, or the answer has broken off.
        """
        last = False
        while not last:
            message = await self._read()
            kind = message.WhichOneof("request") if message is not None else None
            if kind == "response_trailers":
                yield Chunk(b"", last=True, trailers=True)
                return
            if kind != "response_body":
                return
            last = message.response_body.end_of_stream
            yield Chunk(message.response_body.body, last)

    async def passed(self, chunk: Chunk, data: bytes, facts: Facts | None = None) -> None:
        """Let a chunk go on, with this data. Before trailers nothing can be added unless the body is in full duplex."""
        duplex = self._modes.response_body_mode == _DUPLEX
        if duplex and (data or not chunk.trailers):
            message = pb.ProcessingResponse(response_body=_piece(data, last=chunk.last and not chunk.trailers))
        elif chunk.trailers:
            message = pb.ProcessingResponse(response_trailers=pb.TrailersResponse())
        elif chunk.data == data:
            message = pb.ProcessingResponse(response_body=pb.BodyResponse())
        else:
            body = pb.BodyMutation(body=data) if data else pb.BodyMutation(clear_body=True)
            message = pb.ProcessingResponse(
                response_body=pb.BodyResponse(response=pb.CommonResponse(body_mutation=body))
            )
        if facts is not None:
            tell(message.dynamic_metadata, facts)
        await self._write(message)
        if duplex and chunk.trailers and data:
            await self._write(PASS_TRAILERS)

    async def _next(self, *kinds: str) -> Message:
        message = await self._read()
        if message is None:
            raise EndedError("Envoy ended the stream")
        if (kind := message.WhichOneof("request")) not in kinds:
            raise OutOfOrderError(f"Envoy sent {kind}, where {' or '.join(kinds)} should have followed")
        return message


def _piece(body: bytes, *, last: bool) -> Message:
    streamed = pb.StreamedBodyResponse(body=body, end_of_stream=last)
    return pb.BodyResponse(response=pb.CommonResponse(body_mutation=pb.BodyMutation(streamed_response=streamed)))


EXCHANGE: Final[web.RequestKey[Exchange]] = web.RequestKey("exchange")
"""Where a request came from, and by which its answer comes."""
