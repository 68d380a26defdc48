"""The usage of a stream: told only to who asks, in a chunk of its own at the end, which has no choices."""

import re
from typing import Any, Final

import orjson

from filters.context import Json
from filters.formats.sse import SseParser, start_of_frame

_OPTIONS: Final = "stream_options"
_INCLUDE: Final = "include_usage"
_NO_CHOICES: Final = re.compile(rb'"choices" ?: ?\[ ?\]')
_EMPTY: Final = (b"[]", b"[ ]")
"""One of them is wherever there are no choices. To look for them first costs a fraction of the pattern, whose beginning
is in every chunk."""
_FRAME: Final = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)", re.DOTALL)


def ask_usage(body: Json) -> Json:
    """Return the fields that must be others so that a stream tells its usage; empty where it does, or is none."""
    options = body.get(_OPTIONS)
    told = isinstance(options, dict) and options.get(_INCLUDE) is True
    if body.get("stream") is not True or told:
        return {}
    return {_OPTIONS: {**(options if isinstance(options, dict) else {}), _INCLUDE: True}}


def without_usage(frames: bytes) -> bytes:
    """Return whole frames without the chunk that only tells the usage.

    Costs two quick searches where there is none; else only what comes from the first such chunk on is looked at.
    """
    if not any(empty in frames for empty in _EMPTY) or not (found := _NO_CHOICES.search(frames)):
        return frames
    start = start_of_frame(frames, found.start())
    kept = (frame for frame in _FRAME.findall(frames, start) if not _is_usage_alone(frame))
    return b"".join((frames[:start], *kept))


def _is_usage_alone(frame: bytes) -> bool:
    if not _NO_CHOICES.search(frame):
        return False
    parser = SseParser()
    events = [*parser.feed(frame), *parser.close()]
    try:
        chunk: Any = orjson.loads(events[0].data) if events else None
    except orjson.JSONDecodeError:
        return False
    return isinstance(chunk, dict) and chunk.get("choices") == [] and bool(chunk.get("usage"))
