"""A server's whole answer, read as a stream of one chunk, so that both mean the same."""

from collections.abc import Iterable

from filters.context import Json
from filters.formats.canonical.events import Event, Failure
from filters.formats.openai_chat.malformed import MalformedError, listed, mapping
from filters.formats.openai_chat.stream_decode import StreamDecoder
from filters.formats.openai_chat.tool_calls import numbered


def decode_answer(body: Json) -> Iterable[Event]:
    """Read a whole answer; malformed input becomes a `Failure`."""
    decoder = StreamDecoder()
    try:
        chunk = _as_chunk(mapping(body, "an answer"))
    except MalformedError as error:
        return [Failure(502, f"the provider sent {error}", "api_error")]
    return [*decoder.read(chunk), *decoder.finish()]


def _as_chunk(body: Json) -> Json:
    choices = []
    for choice in listed(body.get("choices"), "choices"):
        message = mapping(mapping(choice, "a choice").get("message"), "a message")
        calls = {"tool_calls": numbered(message["tool_calls"])} if message.get("tool_calls") else {}
        choices.append({**choice, "delta": {**message, **calls}})
    return {**body, "choices": choices}
