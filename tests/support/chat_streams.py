"""Chat Completions streams, made and read, for the tests of that format."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from filters.formats.canonical.events import Event
from filters.formats.canonical.request import Request
from filters.formats.openai_chat.stream_decode import StreamDecoder
from filters.formats.openai_chat.stream_encode import StreamEncoder
from filters.formats.sse import SseEvent, SseParser

DONE = "[DONE]"


def chunk(delta: Any = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one chunk; `more` is set beside its choices."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 5, "model": "m", "choices": [choice], **more}


def call(index: int | None, ident: str | None = None, name: str | None = None, arguments: Any = None) -> dict[str, Any]:
    """Return a chunk with one piece of a tool call; what is None is left out."""
    said = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    piece = {key: value for key, value in (("index", index), ("id", ident)) if value is not None}
    return chunk({"tool_calls": [{**piece, "function": said}]})


def decode(*events: Any) -> list[Event]:
    """Return what a stream of these means: JSON values, bytes as they are, and the end of the connection after them."""
    decoder = StreamDecoder()
    read: list[Event] = []
    for event in events:
        data = event if isinstance(event, bytes) else b"[DONE]" if event == DONE else orjson.dumps(event)
        read += decoder.feed(SseEvent("", data))
    return [*read, *decoder.close()]


def decode_bytes(pieces: Iterable[bytes]) -> list[Event]:
    """Return what the bytes of a stream mean, in whatever pieces they come."""
    parser, decoder = SseParser(), StreamDecoder()
    read = [event for piece in pieces for sent in parser.feed(piece) for event in decoder.feed(sent)]
    read += [event for sent in parser.close() for event in decoder.feed(sent)]
    return [*read, *decoder.close()]


def encode(events: Sequence[Event], request: Request) -> bytes:
    """Return the bytes of a stream."""
    encoder = StreamEncoder(request)
    return b"".join(encoder.feed(event) for event in events)


def frames(sent: bytes) -> list[Any]:
    """Return the data of each frame, parsed unless it is the end mark."""
    data = (event.data for event in SseParser().feed(sent))
    return [DONE if piece == b"[DONE]" else orjson.loads(piece) for piece in data]
