import orjson
import pytest

from filters.formats.anthropic_messages.usage import Tally, answer_usage, encode_usage, stream_usage
from filters.formats.canonical.events import Usage


def test_the_input_includes_the_cache():
    counts = {
        "input_tokens": 10,
        "cache_read_input_tokens": 70,
        "cache_creation_input_tokens": 20,
        "output_tokens": 5,
        "output_tokens_details": {"thinking_tokens": 3},
    }
    usage = Tally().merge(counts)
    assert usage == Usage(100, 5, 70, 20, 3)
    assert encode_usage(usage) == counts


def test_later_counts_replace_and_never_add():
    tally = Tally()
    tally.merge({"input_tokens": 20, "output_tokens": 1})
    assert tally.merge({"input_tokens": 20, "output_tokens": 100}) == Usage(20, 100)


def test_a_delta_without_input_keeps_what_the_start_said():
    tally = Tally()
    tally.merge({"input_tokens": 20, "cache_read_input_tokens": 5, "output_tokens": 1})
    assert tally.merge({"output_tokens": 9}) == Usage(25, 9, 5)


@pytest.mark.parametrize(("first", "second"), [((0, 0), (20, 7)), ((20, 0), (0, 7))])
def test_the_input_is_whichever_is_not_zero(first, second):
    tally = Tally()
    tally.merge({"input_tokens": first[0], "output_tokens": first[1]})
    assert tally.merge({"input_tokens": second[0], "output_tokens": second[1]}) == Usage(20, 7)


@pytest.mark.parametrize(
    "nothing", [None, "x", {}, {"input_tokens": None, "output_tokens": "9"}, {"output_tokens": -1}]
)
def test_what_is_no_count_is_ignored(nothing):
    assert Tally().merge(nothing) is None


def test_unknown_input_is_not_written_as_zero():
    assert encode_usage(Usage()) == {"output_tokens": 0}
    assert encode_usage(Usage(input_tokens=5, cache_read=9))["input_tokens"] == 0


def test_a_whole_answer_tells_its_tokens():
    assert answer_usage({"usage": {"input_tokens": 3, "output_tokens": 4}}) == Usage(3, 4)
    assert answer_usage({}) is None


def test_a_stream_that_passes_tells_its_tokens_in_its_first_and_last_events():
    reader = stream_usage()
    reader.feed(b'event: message_start\ndata: {"message": {"usage": {"input_tokens": 9, "output_tokens": 1}}}\n\n')
    reader.feed(b'data: {"delta": {"text": "hi"}}\n\n')
    reader.feed(b'event: message_delta\ndata: {"usage": {"output_tokens": 7}}\n\n')
    assert reader.usage == Usage(9, 7)


def test_zeros_are_counts_where_nothing_else_is_said():
    assert Tally().merge({"input_tokens": 0, "output_tokens": 0}) == Usage(0, 0)
    assert answer_usage({"usage": {"cache_read_input_tokens": 0, "output_tokens": 2}}) == Usage(0, 2, 0)


def test_a_delta_that_tells_the_cache_alone_replaces_what_the_start_said_of_it():
    tally = Tally()
    tally.merge({"input_tokens": 20, "cache_read_input_tokens": 5})
    assert tally.merge({"cache_read_input_tokens": 9}) == Usage(29, None, 9)


def test_thinking_that_is_told_once_stays_told():
    tally = Tally()
    tally.merge({"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}})
    assert tally.merge({"output_tokens": 11}) == Usage(None, 11, reasoning=4)
    assert tally.merge({"output_tokens_details": {"thinking_tokens": 6}}) == Usage(None, 11, reasoning=6)


@pytest.mark.parametrize("details", [None, 3, [], {"thinking_tokens": "4"}, {"thinking_tokens": -1}, {}])
def test_thinking_that_is_no_count_is_not_told(details):
    assert Tally().merge({"output_tokens": 9, "output_tokens_details": details}) == Usage(None, 9)


@pytest.mark.parametrize(
    ("usage", "wire"),
    [
        (Usage(10, 2), {"input_tokens": 10, "output_tokens": 2}),
        (Usage(10, 2, cache_read=0), {"input_tokens": 10, "cache_read_input_tokens": 0, "output_tokens": 2}),
        (Usage(10, cache_write=4), {"input_tokens": 6, "cache_creation_input_tokens": 4, "output_tokens": 0}),
        (Usage(cache_read=4), {"cache_read_input_tokens": 4, "output_tokens": 0}),
    ],
)
def test_only_what_is_known_is_written(usage, wire):
    assert encode_usage(usage) == wire


@pytest.mark.parametrize("event", [b'{"message": 3, "usage": {}}', b'{"usage": {"x": 1}}', b"[]"])
def test_events_that_tell_no_tokens_change_none(event):
    reader = stream_usage()
    reader.feed(b'data: {"message": {"usage": {"input_tokens": 9}}}\n\n')
    reader.feed(b"data: " + event + b"\n\n")
    assert reader.usage == Usage(9)


def test_counts_that_no_request_has_break_no_answer():
    huge = {"input_tokens": 2**64 - 1, "output_tokens": 2**64 - 1}
    usage = answer_usage({"usage": {**huge, "x": 1}})
    assert usage in {None, Usage()}
    assert orjson.dumps(encode_usage(Usage(2**53 - 1, 2**53 - 1, 2**53 - 1, 2**53 - 1, 2**53 - 1)))
