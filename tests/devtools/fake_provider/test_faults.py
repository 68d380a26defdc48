"""Faults as plans of bytes, without a socket."""

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtools.fake_provider.faults import (
    AFTER_HEADERS,
    NEVER_ANSWER,
    PRESETS,
    Fault,
    parse_fault,
    plan_stream,
    plan_whole,
)

FRAMES = [b'data: {"n": 0}\n\n', 'data: {"n": "ü☀"}\n\n'.encode(), b'data: {"n": 2}\n\n']


def _plan(**fault):
    return plan_stream(FRAMES, Fault(**fault), ping=b": ping\n\n", error=b"data: error\n\n")


def test_without_a_fault_each_frame_is_a_chunk():
    plan = _plan()
    assert (list(plan.chunks), plan.ending, plan.headers) == (FRAMES, "end", True)


@pytest.mark.parametrize(
    ("point", "chunks"),
    [
        (NEVER_ANSWER, []),
        (AFTER_HEADERS, []),
        (1.0, FRAMES[:1]),
        (1.5, [FRAMES[0], FRAMES[1][: len(FRAMES[1]) // 2]]),
        (99.0, FRAMES),
    ],
)
@pytest.mark.parametrize("ending", ["cut", "stall"])
def test_a_point_is_a_number_of_frames(point, chunks, ending):
    plan = _plan(**{f"{ending}_at": point})
    assert (list(plan.chunks), plan.ending, plan.headers) == (chunks, ending, point >= 0)


def test_half_of_a_whole_answer_can_be_sent():
    assert plan_whole(b"0123456789", Fault(cut_at=0.5)).chunks == [b"01234"]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_sizes_cut_the_bytes_and_lose_none(sizes):
    chunks = _plan(chunk_bytes=tuple(sizes)).chunks
    assert b"".join(chunks) == b"".join(FRAMES)
    assert all(len(chunk) == sizes[turn % len(sizes)] for turn, chunk in enumerate(chunks[:-1]))


def test_frames_can_share_a_chunk():
    assert _plan(frames_per_chunk=2).chunks == [FRAMES[0] + FRAMES[1], FRAMES[2]]


def test_characters_can_be_split():
    chunks = _plan(split_utf8=True).chunks
    assert b"".join(chunks) == b"".join(FRAMES)
    with pytest.raises(UnicodeDecodeError):
        chunks[1].decode()


def test_lines_can_end_in_crlf():
    assert _plan(crlf=True).chunks[0] == b'data: {"n": 0}\r\n\r\n'


def test_pings_come_before_frames():
    assert _plan(ping_every=2).chunks == [b": ping\n\n", *FRAMES[:2], b": ping\n\n", FRAMES[2]]


def test_an_error_event_ends_the_stream():
    assert _plan(error_at=1).chunks == [FRAMES[0], b"data: error\n\n"]


@pytest.mark.parametrize(("at", "place"), [(0, 0), (2, 2), (50, 2)])
def test_json_breaks_off_where_told(at, place):
    chunks = _plan(malformed_at=at).chunks
    assert chunks[place].endswith(b"\n\n")
    assert FRAMES[place].startswith(chunks[place].strip())
    with pytest.raises(json.JSONDecodeError):
        json.loads(chunks[place].removeprefix(b"data: "))


def test_the_json_of_a_whole_answer_breaks_off():
    assert plan_whole(b'{"a": 1}', Fault(malformed_at=0)).chunks == [b'{"a"']


def test_compressed_frames_can_be_read_as_they_come():
    chunks = _plan(gzip=True).chunks
    reader = zlib.decompressobj(wbits=31)
    assert [reader.decompress(chunk) for chunk in chunks] == FRAMES
    assert gzip.decompress(plan_whole(b"{}", Fault(gzip=True)).chunks[0]) == b"{}"


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_named(name):
    assert parse_fault(name) == PRESETS[name]


def test_words_add_up():
    assert parse_fault("429, delay=0.5 message=no chunk_bytes=1+7 gzip=true") == Fault(
        status=429, retry_after=1.0, delay=0.5, message="no", chunk_bytes=(1, 7), gzip=True
    )


@pytest.mark.parametrize("text", ["nonsense", "status", "cut_at=soon", "nonsense=1"])
def test_unknown_words_are_refused(text):
    with pytest.raises(ValueError):
        parse_fault(text)


@pytest.mark.parametrize("ending", ["cut", "stall"])
def test_a_point_after_a_whole_answer_means_its_middle(ending):
    plan = plan_whole(b"0123456789", Fault(**{f"{ending}_at": 3.0}))
    assert (plan.chunks, plan.length, plan.ending) == ([b"01234"], 10, ending)
