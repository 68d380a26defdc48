"""Bytes become frames wherever they are cut, and what cannot be a frame is refused with the code that says why."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ext_proc.grpc_server import frames
from gateway.ext_proc.grpc_server.frames import Code, FrameReader, ProtocolError, StreamError

FRAMES = st.lists(
    st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 2**31 - 1), st.binary(max_size=300)), max_size=6
)


@given(FRAMES, st.lists(st.integers(0, 2000), max_size=8))
def test_frames_are_the_same_wherever_bytes_are_cut(sent, cuts):
    written = frames.PREFACE + b"".join(frames.frame(*each) for each in sent)
    at = [0, *sorted(min(cut, len(written)) for cut in cuts), len(written)]
    reader = FrameReader()
    came = [frame for start, stop in pairwise(at) for frame in reader.feed(written[start:stop])]
    assert came == sent


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n", b"PRI * HTTP/1.1", frames.PREFACE[:-1] + b"x", b"x"])
def test_what_begins_otherwise_is_no_http2(first):
    with pytest.raises(ProtocolError, match="preface") as raised:
        list(FrameReader().feed(first))
    assert raised.value.code is Code.PROTOCOL_ERROR


def begun():
    reader = FrameReader()
    assert list(reader.feed(frames.PREFACE)) == []
    return reader


def test_the_reserved_bit_of_a_stream_means_nothing():
    written = bytearray(frames.frame(frames.DATA, 0, 5, b"x"))
    written[5] |= 0x80
    assert list(begun().feed(bytes(written))) == [(frames.DATA, 0, 5, b"x")]


def test_a_frame_may_be_as_large_as_said_and_no_larger():
    reader = begun()
    assert len(list(reader.feed(frames.frame(frames.DATA, 0, 1, b"x" * frames.MAX_FRAME)))) == 1
    with pytest.raises(ProtocolError, match="16385 bytes") as raised:
        list(reader.feed(frames.frame(frames.DATA, 0, 1, b"x" * (frames.MAX_FRAME + 1))))
    assert raised.value.code is Code.FRAME_SIZE_ERROR


def test_what_came_before_a_frame_that_is_too_large_is_given():
    given_frames = begun().feed(frames.frame(frames.PING, 0, 0, b"x" * 8) + b"\xff" * 9)
    assert next(given_frames) == (frames.PING, 0, 0, b"x" * 8)
    with pytest.raises(ProtocolError):
        next(given_frames)


@pytest.mark.parametrize(
    ("payload", "without"), [(b"\x00abc", b"abc"), (b"\x02abc\0\0", b"abc"), (b"\x02\0\0", b""), (b"\x00", b"")]
)
def test_padding_is_taken_off(payload, without):
    assert frames.unpadded(frames.PADDED, payload) == without


def test_what_is_not_padded_stays():
    assert frames.unpadded(frames.END_STREAM, b"\x02ab") == b"\x02ab"


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x03ab", b"\xff" * 10])
def test_more_padding_than_payload_is_a_fault(payload):
    with pytest.raises(ProtocolError, match="padding") as raised:
        frames.unpadded(frames.PADDED, payload)
    assert raised.value.code is Code.PROTOCOL_ERROR


def test_numbers_and_settings_have_their_sizes():
    assert frames.number(b"\0\0\1\0") == 256
    assert list(frames.settings_of(b"\0\4\0\0\0\7\0\5\0\0\x40\0")) == [(4, 7), (5, 16384)]
    for read, payload in ((frames.number, b"\0\0\0"), (lambda each: list(frames.settings_of(each)), b"\0" * 7)):
        with pytest.raises(ProtocolError) as raised:
            read(payload)
        assert raised.value.code is Code.FRAME_SIZE_ERROR


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        (frames.MAX_FRAME_SIZE, 16_383, Code.PROTOCOL_ERROR),
        (frames.MAX_FRAME_SIZE, 2**24, Code.PROTOCOL_ERROR),
        (frames.INITIAL_WINDOW_SIZE, 2**31, Code.FLOW_CONTROL_ERROR),
    ],
)
def test_settings_have_their_bounds(setting, value, code):
    with pytest.raises(ProtocolError, match=str(value)) as raised:
        list(frames.settings_of(frames.settings({setting: value})[9:]))
    assert raised.value.code is code


def test_frames_are_written_as_the_standard_draws_them():
    assert frames.settings({frames.MAX_CONCURRENT_STREAMS: 3}) == b"\0\0\6\4\0\0\0\0\0\0\3\0\0\0\3"
    assert frames.reset(5, Code.CANCEL) == b"\0\0\4\3\0\0\0\0\5\0\0\0\x08"
    assert frames.window_update(0, 9) == b"\0\0\4\x08\0\0\0\0\0\0\0\0\x09"
    assert frames.goaway(7, Code.PROTOCOL_ERROR, "no") == b"\0\0\x0a\7\0\0\0\0\0\0\0\0\7\0\0\0\1no"


def test_a_fault_of_a_stream_says_which():
    assert (StreamError(3, Code.CANCEL).stream, str(StreamError(3, Code.CANCEL))) == (3, "CANCEL")
