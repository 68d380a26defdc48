"""A provider's whole answer, read as the events of the stream that would have said the same."""

from collections.abc import Iterable, Iterator
from typing import Any

from filters.context import Json
from filters.formats.anthropic_messages.errors import read_error
from filters.formats.anthropic_messages.stream_decode import StreamDecoder
from filters.formats.canonical.events import Event, Failure


def decode_answer(body: Json) -> Iterable[Event]:
    """Read a whole answer as the events of the stream that would have said the same."""
    content = body.get("content")
    if body.get("type") == "error" or body.get("error"):
        yield read_error(body)
    elif not isinstance(content, list):
        yield Failure(502, "the provider's answer has no content", kind="api_error")
    else:
        decoder = StreamDecoder()
        for event in _as_stream(body, content):
            yield from decoder.read(event)


def _as_stream(body: Json, content: list[Any]) -> Iterator[Json]:
    yield {"type": "message_start", "message": body}
    for index, block in enumerate(content):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": body, "usage": None}
    yield {"type": "message_stop"}
