import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.formats.sse import MAX_EVENT, FrameBuffer, SseEvent, SseParser, end_of_frames, frame, start_of_frame
from tests.support.costs import assert_linear

ENDINGS = st.sampled_from([b"\n", b"\r", b"\r\n"])
NAMES = st.sampled_from(["", "message_start", "error", "é"])
LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)


def parse(*pieces: bytes, **options: bool) -> list[SseEvent]:
    parser = SseParser(**options)
    read = [event for piece in pieces for event in parser.feed(piece)]
    return [*read, *parser.close()]


@st.composite
def streams(draw):
    """Return the bytes of a stream, with any mix of line endings, and the events in it."""
    sent, events = bytearray(b"\xef\xbb\xbf" if draw(st.booleans()) else b""), []
    for name, lines in draw(st.lists(st.tuples(NAMES, st.lists(LINES, min_size=1, max_size=3)), max_size=5)):
        if draw(st.booleans()):
            sent += b": ping" + draw(ENDINGS)
        if name:
            sent += b"event: " + name.encode() + draw(ENDINGS)
        for line in lines:
            sent += b"data: " + line.encode() + draw(ENDINGS)
        sent += draw(ENDINGS)
        # A CR that is followed by an LF is one ending, so a blank line after a CR must not be an LF.
        if sent.endswith(b"\r\n") and not sent.endswith(b"\r\n\r\n") and not sent.endswith((b"\n\r\n", b"\r\r\n")):
            sent += b"\n"
        events.append(SseEvent(name, "\n".join(lines).encode()))
    return bytes(sent), events


@st.composite
def cuts(draw, sent: bytes):
    places = sorted(draw(st.lists(st.integers(0, len(sent)), max_size=12)))
    return [sent[start:end] for start, end in zip([0, *places], [*places, len(sent)], strict=True)]


@given(st.data())
def test_any_chunking_gives_the_same_events(data):
    sent, events = data.draw(streams())
    assert parse(*data.draw(cuts(sent))) == events


@given(st.data())
def test_one_byte_at_a_time_gives_the_same_events(data):
    sent, events = data.draw(streams())
    assert parse(*(sent[i : i + 1] for i in range(len(sent)))) == events


def test_an_event_is_given_as_soon_as_its_blank_line_is_there():
    parser = SseParser()
    assert list(parser.feed(b"event: a\r\ndata: 1\r\n")) == []
    assert list(parser.feed(b"\r\n")) == [SseEvent("a", b"1")]


def test_several_data_lines_are_joined():
    assert parse(b"data: a\ndata\ndata:b\n\n") == [SseEvent("", b"a\n\nb")]


def test_only_one_space_after_the_colon_is_dropped():
    assert parse(b"data:  a \n\n") == [SseEvent("", b" a ")]


def test_comments_ids_and_unknown_fields_mean_nothing():
    assert parse(b": hi\nid: 7\nretry: 3\nfoo: bar\n\ndata: x\n\n") == [SseEvent("", b"x")]


def test_an_event_without_data_is_none_and_lends_its_name_to_no_other():
    assert parse(b"event: a\n\ndata: x\n\n") == [SseEvent("", b"x")]


def test_comments_are_given_where_they_are_asked_for():
    read = parse(b": OPENROUTER PROCESSING\n\ndata: x\n\n", comments=True)
    assert [event.comment for event in read] == [True, False]


def test_a_character_cut_in_two_is_whole_again():
    sent = 'data: "é😀"\n\n'.encode()
    assert parse(sent[:9], sent[9:]) == [SseEvent("", '"é😀"'.encode())]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
def test_the_end_of_the_stream_completes_an_event_that_lacks_only_its_blank_line(end):
    assert parse(b"data: x" + end) == [SseEvent("", b"x")]


def test_the_last_line_counts_though_it_lacks_its_end():
    assert parse(b"event: a\ndata: x\ndata: y") == [SseEvent("a", b"x\ny")]
    assert parse(b"data: x\n\ndata: {half") == [SseEvent("", b"x"), SseEvent("", b"{half")]
    assert parse(b"data: x\n\neve") == [SseEvent("", b"x")]


def test_a_byte_order_mark_alone_is_no_event():
    assert parse(b"\xef\xbb") == []
    assert parse(b"\xef", b"\xbb\xbfdata: x\n\n") == [SseEvent("", b"x")]


def test_an_event_past_the_limit_is_refused():
    parser = SseParser(limit=10)
    assert list(parser.feed(b"data: 1\n\n")) == [SseEvent("", b"1")]
    with pytest.raises(ValueError, match="longer than 10 bytes"):
        list(parser.feed(b"data: 1\ndata: 234567890"))


def test_a_reader_that_stops_early_loses_nothing_and_reads_nothing_twice():
    parser = SseParser()
    assert next(parser.feed(b"data: 1\n\ndata: 2\n\n")) == SseEvent("", b"1")
    assert list(parser.feed(b"data: 3\n\n")) == [SseEvent("", b"2"), SseEvent("", b"3")]


def test_a_long_line_in_small_pieces_takes_linear_time():
    def read(pieces):
        parser = SseParser()
        for piece in (b"data: ", *[b"x" * 256] * pieces):
            list(parser.feed(piece))
        assert len(next(parser.feed(b"\n\n")).data) == pieces * 256

    assert_linear(read, 5000)


def test_a_frame_parses_to_what_was_framed():
    assert parse(frame("", b"{}") + frame("error", b"[]")) == [SseEvent("", b"{}"), SseEvent("error", b"[]")]


@pytest.mark.parametrize(
    ("data", "end"),
    [(b"", 0), (b"data: a\n", 0), (b"a\n\nb", 3), (b"a\r\n\r\nb", 5), (b"a\r\rb", 3), (b"a\n\nb\n\n", 6)],
)
def test_frames_end_with_a_blank_line_of_any_kind(data, end):
    assert end_of_frames(data) == end


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_a_frame_begins_behind_the_blank_line_before_it(end):
    frames = end.join([b"data: 1", b"event: 2\ndata: 3", b"data: 4", b""])
    for said, begin in ((b"1", b"data: 1"), (b"event", b"event: 2"), (b"3", b"event: 2"), (b"4", b"data: 4")):
        assert frames[start_of_frame(frames, frames.index(said)) :].startswith(begin), said


def test_the_first_frame_begins_with_the_bytes():
    assert start_of_frame(b"data: a", 6) == 0


def test_the_end_of_a_frame_is_found_across_chunks():
    buffer = FrameBuffer()
    assert [buffer.feed(chunk) for chunk in (b"data: a\r", b"\n", b"\r", b"\nda")] == [
        b"",
        b"",
        b"",
        b"data: a\r\n\r\n",
    ]
    assert (buffer.take(), buffer.take()) == (b"da", b"")


def test_what_is_held_can_be_taken_and_is_held_no_more():
    held = FrameBuffer()
    assert held.feed(b"data: 1\n\ndata: 2") == b"data: 1\n\n"
    assert (held.take(), held.take()) == (b"data: 2", b"")
    assert held.feed(b"data: 3\n\n") == b"data: 3\n\n"


def test_an_event_may_be_as_long_as_the_limit_and_no_longer():
    held = FrameBuffer()
    assert held.feed(b"x" * MAX_EVENT) == b""
    with pytest.raises(ValueError, match=f"an event is longer than {MAX_EVENT} bytes"):
        held.feed(b"x")
