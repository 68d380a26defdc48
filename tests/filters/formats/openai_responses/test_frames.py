"""The server-sent events of one answer."""

from filters.formats.openai_responses.frames import Frames


def test_events_are_named_and_numbered_from_zero():
    frames = Frames()
    frames("error", {"message": "x"})
    frames("response.created", {})
    assert frames.take() == (
        b'event: error\ndata: {"type":"error","sequence_number":0,"message":"x"}\n\n'
        b'event: response.created\ndata: {"type":"response.created","sequence_number":1}\n\n'
    )
    assert frames.take() == b""


def test_what_is_not_written_is_not_numbered():
    frames = Frames(silent=True)
    frames("response.created", {})
    frames.silent = False
    frames("response.failed", {})
    assert b'"sequence_number":0' in frames.take()
