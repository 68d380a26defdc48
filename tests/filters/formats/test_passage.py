import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.formats.canonical.events import Failure
from filters.formats.passage import Passage
from filters.formats.registry import FORMATS
from filters.formats.sse import MAX_EVENT
from tests.support.costs import assert_linear

CHAT, MESSAGES, RESPONSES = "openai_chat", "anthropic_messages", "openai_responses"
LEFT_OUT = {
    CHAT: (b'data: {"choices":[{"finish_reason":"stop"}]}\n\n', b"data: [DONE]\n\n"),
    MESSAGES: (
        b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n',
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ),
}
"""A frame that says why the answer ended, and the last one, which some servers leave out after it."""
ENDS = {
    CHAT: [b"data: [DONE]\n\n", b'data: {"error":{}}\n\n'],
    MESSAGES: [
        b"event: message_stop\ndata: {}\n\n",
        b'data: {"type":"message_stop"}\n\n',
        b"event: error\ndata: {}\n\n",
    ],
    RESPONSES: [
        b"event: response.completed\ndata: {}\n\n",
        b'data: {"type":"response.incomplete"}\n\n',
        b"event: response.failed\r\ndata: {}\r\n\r\n",
    ],
}
NOT_ENDS = {
    CHAT: b'data: {"choices":[{"delta":{"content":"\\"finish_reason\\":\\"stop\\" [DONE]"},"finish_reason":null}]}\n\n',
    MESSAGES: b'data: {"delta":{"text":"\\nevent: message_stop\\n\\"stop_reason\\":\\"x"},"stop_reason":null}\n\n',
    RESPONSES: b'data: {"type":"response.output_text.delta","delta":"response.completed"}\n\n',
}


def passage_of(wire, **body):
    return Passage(wire, FORMATS[wire].marks(body))


@pytest.mark.parametrize(("wire", "end"), [(wire, end) for wire, ends in ENDS.items() for end in ends])
def test_a_stream_that_says_so_is_complete(wire, end):
    passage = passage_of(wire)
    assert passage.feed(NOT_ENDS[wire]) == NOT_ENDS[wire]
    assert not passage.complete
    assert passage.feed(end) == end
    assert passage.complete
    assert passage.close() == b""
    assert passage.failed == (b"error" in end or b"failed" in end)


@pytest.mark.parametrize(
    ("frame", "ends"),
    [
        (b'data: {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}\n\n', True),
        (b'event: message_delta\r\ndata: {"delta":{"stop_reason":"end_turn"},"type":"message_delta"}\r\n\r\n', True),
        (b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":null}}\n\n', False),
        (b'data: {"type":"content_block_start","content_block":{"input":{"stop_reason":"x"}}}\n\n', False),
        (b'data: {"type":"content_block_delta","delta":{"partial_json":"{\\"stop_reason\\": \\"x"}}\n\n', False),
    ],
)
def test_only_what_says_why_a_message_ended_settles_it(frame, ends):
    passage = passage_of(MESSAGES)
    assert passage.feed(frame) == frame
    assert passage.settled is ends


@pytest.mark.parametrize("wire", LEFT_OUT)
def test_the_last_frame_is_written_where_the_provider_leaves_it_out(wire):
    reason, last = LEFT_OUT[wire]
    passage = passage_of(wire)
    assert passage.feed(NOT_ENDS[wire] + reason) == NOT_ENDS[wire] + reason
    assert (passage.settled, passage.over) == (True, False)
    assert passage.close() == last
    whole = passage_of(wire)
    whole.feed(reason + last)
    assert whole.over
    assert whole.close() == b""


@pytest.mark.parametrize("wire", FORMATS)
def test_a_stream_that_just_stops_ends_in_an_error_event_and_not_inside_a_frame(wire):
    passage = passage_of(wire)
    assert passage.feed(NOT_ENDS[wire] + b"data: {half") == NOT_ENDS[wire]
    last = passage.close()
    assert b"error" in last
    assert b"half" not in last
    assert last.endswith(b"\n\n")
    assert passage.failed


@pytest.mark.parametrize("wire", FORMATS)
def test_a_failure_is_told_once(wire):
    passage = passage_of(wire)
    assert b"gone" in passage.fail(Failure(502, "gone"))
    assert passage.complete
    assert passage.close() == b""


def test_a_last_frame_without_its_blank_line_is_completed():
    passage = passage_of(CHAT)
    assert passage.feed(b"data: [DONE]") == b""
    assert passage.close() == b"data: [DONE]\n\n"
    assert passage.complete
    assert not passage.failed


@given(st.lists(st.integers(1, 40), max_size=20))
def test_in_any_chunking_every_byte_passes_in_order(sizes):
    stream = NOT_ENDS[MESSAGES] * 3 + b": ping\r\n\r\n" + ENDS[MESSAGES][0]
    passage, sent, at = passage_of(MESSAGES), b"", 0
    for size in [*sizes, len(stream)]:
        sent += passage.feed(stream[at : at + size])
        at += size
    assert sent + passage.close() == stream


OWN_ERRORS = [
    (CHAT, b'data: {"error": {"message": "no"}}\n\n'),
    (MESSAGES, b"event: error\ndata: {}\n\n"),
    (MESSAGES, b'data: {"type":"error"}\n\n'),
    (RESPONSES, b"event: response.failed\ndata: {}\n\n"),
    (RESPONSES, b'data: {"type": "error"}\n\n'),
]


@pytest.mark.parametrize(("wire", "error"), OWN_ERRORS)
def test_the_providers_own_error_event_passes_and_is_a_failure(wire, error):
    passage = passage_of(wire)
    assert passage.feed(NOT_ENDS[wire] + error) == NOT_ENDS[wire] + error
    assert (passage.complete, passage.failed, passage.over) == (True, True, False)
    assert passage.feed(b"event: more\n\n") == b"event: more\n\n"
    assert passage.close() == b""


def test_with_several_choices_the_first_to_finish_is_not_the_end():
    finished, (done, error) = LEFT_OUT[CHAT][0], ENDS[CHAT]
    passage = passage_of(CHAT, n=2)
    passage.feed(finished)
    assert not passage.complete
    assert b"error" in passage.close()
    for end, failed in ((done, False), (error, True)):
        passage = passage_of(CHAT, n=2)
        passage.feed(end)
        assert (passage.complete, passage.failed) == (True, failed)


def test_a_frame_that_never_ends_is_searched_once():
    def fed(count):
        passage = passage_of(CHAT)
        for _ in range(count):
            assert passage.feed(b"data: " + b"x" * 2**12) == b""

    assert_linear(fed, MAX_EVENT // 2**15)


def test_a_frame_that_never_ends_is_given_up_at_the_limit():
    passage, chunk, sent = passage_of(CHAT), b"data: " + b"x" * 2**16, 0
    while not passage.over:
        told = passage.feed(chunk)
        sent += len(chunk)
    assert sent <= MAX_EVENT + len(chunk)
    assert b"error" in told
    assert passage.failed
    assert passage.close() == b""


@pytest.mark.parametrize("wire", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
def test_an_end_is_found_wherever_it_stands_in_what_comes_at_once(wire, end):
    said = NOT_ENDS[wire].replace(b"\n\n", end)
    for ending in ENDS[wire]:
        passage = passage_of(wire)
        passage.feed(said * 50 + ending + said)
        assert passage.complete, ending


def test_of_two_ends_the_first_decides_whether_the_answer_failed():
    passage = passage_of(CHAT)
    passage.feed(LEFT_OUT[CHAT][0] + b'data: {"error":{}}\n\n' + LEFT_OUT[CHAT][1])
    assert (passage.complete, passage.failed, passage.over) == (True, False, True)


def test_an_event_that_never_ends_is_an_error_of_the_providers():
    passage = passage_of(CHAT)
    assert passage.feed(b"data: " + b"x" * 100) == b""
    told = passage.feed(b"x" * MAX_EVENT)
    assert b"The provider's stream cannot be read: an event is longer than" in told
    assert passage.failed
    assert passage.complete
    assert passage.close() == b""


class Watching:
    """Notes what passes."""

    def __init__(self):
        self.seen = []

    def passed(self, frames):
        self.seen.append(frames)

    def ended(self):
        self.seen.append("end")


def test_who_watches_sees_whole_frames_the_rest_and_the_end():
    watching = Watching()
    passage = Passage(CHAT, FORMATS[CHAT].marks({}), watching)
    for piece in (b"data: 1\n\nda", b"ta: 2\n\n", b"data: [DONE]"):
        passage.feed(piece)
    passage.close()
    assert watching.seen == [b"data: 1\n\n", b"data: 2\n\n", b"data: [DONE]", "end"]
