import orjson
import pytest

from filters.formats.canonical.events import End, Failure, Ping, TextDelta
from filters.formats.canonical.request import Request
from gateway.upstream.translation import Reading, Translation
from tests.support.chat_streams import DONE, chunk

CHAT, MESSAGES = "openai_chat", "anthropic_messages"
NOBODY = Request(model="m", messages=())


def frames(*said):
    return b"".join(b"data: %b\n\n" % (b"[DONE]" if each == DONE else orjson.dumps(each)) for each in said)


WHOLE = frames(chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"}), chunk({}, "stop"), DONE)


def test_a_stream_reads_the_same_in_any_pieces():
    whole = Reading(CHAT)
    at_once = [*whole.feed(WHOLE), *whole.close()]
    pieces = Reading(CHAT)
    apart = [event for byte in WHOLE for event in pieces.feed(bytes([byte]))]
    assert [*apart, *pieces.close()] == at_once
    assert "".join(event.text for event in at_once if isinstance(event, TextDelta)) == "Hello"


def test_a_comment_is_a_ping():
    assert list(Reading(CHAT).feed(b": still here\n\n")) == [Ping()]


def test_a_last_frame_without_its_blank_line_still_counts():
    reading = Reading(CHAT)
    events = [*reading.feed(WHOLE.rstrip(b"\n")), *reading.close()]
    assert any(isinstance(event, End) for event in events)


def test_a_stream_that_ends_early_is_a_failure():
    reading = Reading(CHAT)
    list(reading.feed(frames(chunk({"content": "Hel"}))))
    assert isinstance(list(reading.close())[-1], Failure)


def test_a_frame_that_is_too_long_is_a_failure_and_the_end():
    reading = Reading(CHAT)
    [event] = reading.feed(b"data: " + b"x" * 20_000_000)
    assert (isinstance(event, Failure), reading.over) == (True, True)


def test_a_translation_is_complete_when_the_answer_is_and_says_nothing_more():
    translation = Translation(CHAT, MESSAGES, NOBODY)
    written = translation.feed(WHOLE) + translation.close()
    assert written.count(b"event: message_stop") == 1
    assert (translation.complete, translation.failed) == (True, False)
    assert translation.feed(WHOLE) + translation.close() == b""


def test_a_stream_that_dies_ends_in_the_callers_error_event():
    translation = Translation(CHAT, MESSAGES, NOBODY)
    begun = translation.feed(frames(chunk({"content": "Hel"})))
    assert b"Hel" in begun
    assert b"event: error" in translation.close()
    assert (translation.complete, translation.failed) == (True, True)


def test_a_failure_from_outside_is_told_in_the_same_way():
    translation = Translation(CHAT, MESSAGES, NOBODY)
    translation.feed(frames(chunk({"content": "Hel"})))
    assert b"took too long" in translation.fail(Failure(504, "took too long"))
    assert translation.failed


@pytest.mark.parametrize("cut", [1, 2, 3, 9])
def test_a_last_frame_may_lack_its_end_but_not_a_byte_of_its_data(cut):
    stream = (
        b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n'
        b"data: [DONE]\n\n"
    )
    translation = Translation("openai_chat", "anthropic_messages", Request("m", ()))
    translation.feed(stream[:-cut])
    translation.close()
    assert (translation.complete, translation.failed) == (True, cut > 2)
