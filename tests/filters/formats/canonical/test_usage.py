import orjson

from filters.formats.canonical.events import Usage
from filters.formats.canonical.usage import FrameUsage


def read(event):
    return Usage(**event["usage"]) if isinstance(event.get("usage"), dict) else None


def frames(*events):
    return b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)


def test_later_counts_complete_and_replace_earlier_ones():
    usage = FrameUsage(b'"usage"', read)
    usage.feed(frames({"usage": {"input_tokens": 5}}, {"usage": None}, {"x": 1}))
    usage.feed(frames({"usage": {"output_tokens": 7}}))
    assert usage.usage == Usage(input_tokens=5, output_tokens=7)


def test_frames_that_do_not_speak_of_tokens_are_not_read():
    usage = FrameUsage(b'"usage"', lambda _: 1 / 0)
    usage.feed(b"data: {not JSON}\n\n")
    assert usage.usage is None


def test_what_cannot_be_read_tells_nothing():
    usage = FrameUsage(b'"usage"', read)
    usage.feed(b'data: {"usage": broken\n\ndata: ["usage"]\n\n')
    assert usage.usage is None
