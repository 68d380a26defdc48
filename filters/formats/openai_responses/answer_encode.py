"""A whole answer for a client of the Responses API, made by the steps that write its stream."""

from collections.abc import Iterable

from filters.context import Json
from filters.formats.canonical.events import Event
from filters.formats.canonical.request import Request
from filters.formats.openai_responses.frames import Frames
from filters.formats.openai_responses.stream_encode import AnswerBuilder


def encode_answer(events: Iterable[Event], request: Request) -> Json:
    """Write a whole answer. The events must not hold a `Failure`."""
    builder = AnswerBuilder(request, Frames(silent=True))
    for event in events:
        builder.feed(event)
    return builder.response
