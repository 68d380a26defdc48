import orjson
import pytest

from filters.formats.canonical.events import Usage
from filters.formats.openai_responses.usage import answer_usage, decode_usage, encode_usage, stream_usage

WIRE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 1},
    "output_tokens": 20,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 120,
}
USAGE = Usage(100, 20, 40, 1, 5)


def test_tokens_are_read_and_written():
    assert decode_usage(WIRE) == USAGE
    assert encode_usage(USAGE) == WIRE


def test_what_nobody_counted_is_written_as_none():
    assert encode_usage(Usage())["total_tokens"] == 0
    assert decode_usage({"input_tokens": "9"}) == Usage()


@pytest.mark.parametrize(("body", "usage"), [({"usage": WIRE}, USAGE), ({"usage": None}, None), ({}, None)])
def test_a_whole_answer_tells_its_tokens_or_not(body, usage):
    assert answer_usage(body) == usage


def test_a_stream_that_passes_tells_its_tokens_at_its_end():
    reader = stream_usage()
    reader.feed(b'data: {"type": "response.created", "response": {"usage": null}}\n\n')
    reader.feed(b'data: {"response": {"usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}}}\n\n')
    assert reader.usage == Usage(3, 4)


@pytest.mark.parametrize("spaces", [b"", b" "])
def test_the_sum_of_the_tokens_need_not_be_told(spaces):
    reader = stream_usage()
    counts = b'{"input_tokens": 3, "output_tokens": 4}'
    reader.feed(b'data: {"type": "response.completed", "response": {"usage":' + spaces + counts + b"}}\n\n")
    assert reader.usage == Usage(3, 4)


@pytest.mark.parametrize("event", [b'{"response": 3, "usage": {}}', b'{"usage": {"input_tokens": 3}}', b'["usage":{}]'])
def test_what_is_no_event_of_a_response_tells_no_tokens(event):
    reader = stream_usage()
    assert reader.feed(b"data: " + event + b"\n\n") is None


NO_COUNTS = [-1, True, 1.5, "3", None, [], {}]


@pytest.mark.parametrize("wrong", NO_COUNTS, ids=str)
def test_what_is_no_count_is_not_taken_for_one(wrong):
    details = {"cached_tokens": wrong, "cache_write_tokens": wrong, "reasoning_tokens": wrong}
    usage = {
        "input_tokens": wrong, "output_tokens": wrong,
        "input_tokens_details": details, "output_tokens_details": details,
    }  # fmt: skip
    assert decode_usage(usage) == Usage()
    assert decode_usage({**WIRE, "input_tokens_details": wrong, "output_tokens_details": wrong}) == Usage(100, 20)


def test_what_was_read_from_the_cache_and_thought_is_written_inside_its_sum():
    wire = encode_usage(Usage(10, 5, cache_read=4, reasoning=2))
    assert (wire["input_tokens"], wire["output_tokens"], wire["total_tokens"]) == (10, 5, 15)
    assert wire["input_tokens_details"] == {"cached_tokens": 4, "cache_write_tokens": 0}
    assert wire["output_tokens_details"] == {"reasoning_tokens": 2}


def test_counts_that_no_request_has_break_no_answer():
    huge = {"input_tokens": 2**64 - 1, "output_tokens": 2**64 - 1}
    usage = answer_usage({"usage": {**huge, "x": 1}})
    assert usage in {None, Usage()}
    assert orjson.dumps(encode_usage(Usage(2**53 - 1, 2**53 - 1, 2**53 - 1, 2**53 - 1, 2**53 - 1)))
