import re

import orjson
import pytest

from filters.formats.canonical.events import Usage
from filters.formats.canonical.usage import FrameUsage


def read(event):
    return Usage(**event["usage"]) if isinstance(event.get("usage"), dict) else None


def frames(*events):
    return b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)


USAGE = re.compile(rb'"usage": ?\{')


def test_later_counts_complete_and_replace_earlier_ones():
    usage = FrameUsage(USAGE, read)
    usage.feed(frames({"usage": {"input_tokens": 5}}, {"usage": None}, {"x": 1}))
    usage.feed(frames({"usage": {"output_tokens": 7}}))
    assert usage.usage == Usage(input_tokens=5, output_tokens=7)


def test_frames_that_do_not_speak_of_tokens_are_not_read():
    usage = FrameUsage(USAGE, lambda _: 1 / 0)
    usage.feed(b"data: {not JSON}\n\n")
    assert usage.usage is None


def test_what_cannot_be_read_tells_nothing():
    usage = FrameUsage(USAGE, read)
    usage.feed(b'data: {"usage": {broken\n\ndata: [{"usage": {}}]\n\n')
    assert usage.usage is None


def test_only_frames_that_may_tell_tokens_are_read():
    seen = []
    usage = FrameUsage(USAGE, lambda body: seen.append(body) or read(body))
    usage.feed(frames({"x": 1}, {"usage": None}, {"usage": {"input_tokens": 5}}, {"x": 2}))
    assert seen == [{"usage": {"input_tokens": 5}}]
    assert usage.feed(frames({"x": 3}, {"usage": None})) is None
    assert len(seen) == 1


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_they_are_found_behind_others_however_frames_end(end):
    usage = FrameUsage(USAGE, read)
    told = usage.feed(end.join([b'data: {"x": 1}', b'data: {"usage": {"input_tokens": 5}}', b"data: [DONE]", b""]))
    assert told == Usage(input_tokens=5)
