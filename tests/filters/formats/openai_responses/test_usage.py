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
