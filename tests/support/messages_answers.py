"""What is written as the Messages API in the tests of that format, and what the official SDK makes of it."""

from filters.formats.anthropic_messages.answer_encode import encode_answer
from filters.formats.anthropic_messages.stream_encode import StreamEncoder
from filters.formats.canonical.events import (
    End,
    Finish,
    FinishReason,
    Start,
    Usage,
)
from filters.formats.canonical.request import Message, Request, Text
from filters.formats.sse import SseParser
from tests.support.anthropic_sdk import check_message, gathered

REQUEST = Request("claude", [Message("user", [Text("hi")])])
DONE = (Usage(20, 7), Finish(FinishReason.STOP), End())
START = Start("msg_1", "gpt")


def stream(*events):
    encoder = StreamEncoder(REQUEST)
    return b"".join(encoder.feed(event) for event in events)


def names(data):
    return [event.event for event in SseParser().feed(data)]


def answer(*events):
    """Return what a client gets: the whole answer, which must equal what the SDK gathers from the stream."""
    body = encode_answer(events, REQUEST)
    whole, streamed = check_message(body), gathered(stream(*events))
    assert whole.to_dict(exclude_none=True) == streamed.to_dict(exclude_none=True)
    return body


def content(*events):
    return answer(START, *events, *DONE)["content"]
