"""Streams of Responses in tests: written, taken apart, and read as the official SDK reads them."""

from collections.abc import Iterable
from typing import Any

import httpx2
import orjson
from openai import OpenAI
from openai.types.responses import ParsedResponse, ResponseStreamEvent
from pydantic import TypeAdapter

from filters.context import Json
from filters.formats.canonical.events import Event
from filters.formats.canonical.request import Message, Request, Text
from filters.formats.openai_responses.stream_decode import StreamDecoder
from filters.formats.openai_responses.stream_encode import StreamEncoder
from filters.formats.sse import SseEvent, SseParser, frame

_OFFICIAL: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def request(**fields: Any) -> Request:
    """A request of a client of the Responses API."""
    return Request(model="m", messages=[Message("user", [Text("hi")])], **fields)


def written(events: Iterable[Event], asked: Request | None = None) -> bytes:
    """The bytes of a stream."""
    encoder = StreamEncoder(asked or request())
    return b"".join(encoder.feed(event) for event in events)


def frames(raw: bytes) -> list[Json]:
    """The data of each event; every one is valid for the official SDK, named by its type and numbered without a gap."""
    found = []
    for number, event in enumerate(SseParser().feed(raw)):
        data = orjson.loads(event.data)
        assert data["type"] == event.event
        assert data["sequence_number"] == number
        _OFFICIAL.validate_python(data)
        found.append(data)
    return found


def types(raw: bytes) -> list[str]:
    """The types of the events, without their common beginning."""
    return [data["type"].removeprefix("response.") for data in frames(raw)]


def read(*events: Json, close: bool = True) -> list[Event]:
    """The neutral events that a provider's stream means."""
    decoder = StreamDecoder()
    found = [neutral for event in events for neutral in decoder.feed(SseEvent("", orjson.dumps(event)))]
    return [*found, *decoder.close()] if close else found


def read_bytes(raw: bytes) -> list[Event]:
    """The neutral events that the bytes of a stream mean."""
    decoder = StreamDecoder()
    return [neutral for event in SseParser().feed(raw) for neutral in decoder.feed(event)] + list(decoder.close())


def as_stream(*events: Json) -> bytes:
    """A provider's stream as bytes."""
    return b"".join(frame(event["type"], orjson.dumps(event)) for event in events)


def official_client(raw: bytes, *, content_type: str = "text/event-stream") -> OpenAI:
    """The official client in front of a server that answers these bytes to everything."""
    answer = httpx2.Response(200, content=raw, headers={"content-type": content_type})
    transport = httpx2.MockTransport(lambda _: answer)
    return OpenAI(
        api_key="none", base_url="http://test/v1", max_retries=0, http_client=httpx2.Client(transport=transport)
    )


def official(raw: bytes) -> ParsedResponse[Any]:
    """What the official SDK's stream helper makes of a stream."""
    with official_client(raw) as client, client.responses.stream(model="m", input="hi") as stream:
        return stream.get_final_response()
