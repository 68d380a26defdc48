import orjson
import pytest
from openai.types import CompletionUsage

from filters.formats.canonical.events import Usage
from filters.formats.openai_chat.usage import answer_usage, decode_usage, encode_usage, stream_usage


def test_cached_and_reasoning_tokens_stay_inside_their_sums():
    wire = {
        "prompt_tokens": 100,
        "completion_tokens": 40,
        "total_tokens": 140,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    assert decode_usage(wire) == Usage(100, 40, 60, 10, 30)
    assert encode_usage(decode_usage(wire)) == wire


@pytest.mark.parametrize(
    ("wire", "usage"),
    [
        ({"prompt_tokens": 5, "prompt_cache_hit_tokens": 3}, Usage(5, None, 3)),  # DeepSeek
        ({"prompt_tokens": 5, "cached_tokens": 3}, Usage(5, None, 3)),  # Moonshot
        ({"prompt_tokens": 5, "prompt_tokens_details": None}, Usage(5)),
        ({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 0}, "cached_tokens": 9}, Usage(5, None, 0)),
        ({"prompt_tokens": None, "completion_tokens": "7"}, Usage()),
        ({"completion_tokens": 1.5, "completion_tokens_details": []}, Usage()),
        ({"prompt_tokens": -5, "completion_tokens": True}, Usage()),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Usage(0, 0)),
        ({"prompt_tokens": 5, "cache_creation_input_tokens": 2}, Usage(5, cache_write=2)),
        ({"prompt_cache_hit_tokens": 3, "cached_tokens": 4}, Usage(cache_read=3)),
        ({"prompt_tokens_details": {"cached_tokens": -1}, "cached_tokens": 4}, Usage(cache_read=4)),
        ({"completion_tokens_details": {"reasoning_tokens": 3}}, Usage(reasoning=3)),
    ],
)
def test_other_ways_of_counting_are_read(wire, usage):
    assert decode_usage(wire) == usage


def test_reasoning_that_is_counted_beside_the_completion_is_added_to_it():
    details = {"completion_tokens_details": {"reasoning_tokens": 30}}
    assert decode_usage({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 37, **details}).output_tokens == 32
    assert (
        decode_usage({"prompt_tokens": 5, "completion_tokens": 32, "total_tokens": 37, **details}).output_tokens == 32
    )


def test_what_nobody_counted_is_zero():
    wire = encode_usage(Usage())
    assert (wire["prompt_tokens"], wire["completion_tokens"], wire["total_tokens"]) == (0, 0, 0)
    assert "cache_write_tokens" not in wire["prompt_tokens_details"]
    CompletionUsage.model_validate(wire, strict=True)


def test_a_stream_that_passes_tells_its_tokens_in_its_last_chunk():
    reader = stream_usage()
    reader.feed(b'data: {"choices": [{}], "usage": null}\n\n')
    reader.feed(b'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}\n\ndata: [DONE]\n\n')
    assert reader.usage == Usage(input_tokens=3, output_tokens=4)


def test_groq_tells_its_tokens_elsewhere():
    assert answer_usage({"x_groq": {"usage": {"prompt_tokens": 3}}}) == Usage(input_tokens=3)
    assert answer_usage({"x_groq": {"id": "r"}}) is None


@pytest.mark.parametrize(
    ("counts", "output"),
    [
        ({"completion_tokens": 2, "total_tokens": 37}, 32),
        ({"completion_tokens": 2, "total_tokens": 7}, 2),
        ({"completion_tokens": 2, "total_tokens": 38}, 2),
        ({"completion_tokens": 2}, 2),
        ({"total_tokens": 35}, None),
    ],
)
def test_only_the_total_tells_that_reasoning_was_left_out(counts, output):
    wire = {"prompt_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 30}, **counts}
    assert decode_usage(wire).output_tokens == output


@pytest.mark.parametrize("holder", [{}, {"usage": None}, {"usage": 3}, {"usage": []}, {"x_groq": None}])
def test_an_answer_that_tells_no_tokens_has_none(holder):
    assert answer_usage(holder) is None


def test_the_tokens_of_an_answer_stand_above_what_groq_says_beside_it():
    beside = {"x_groq": {"usage": {"prompt_tokens": 9}}}
    assert answer_usage({"usage": {"prompt_tokens": 3}, **beside}) == Usage(3)
    assert answer_usage({"usage": None, **beside}) == Usage(9)


def test_counts_that_no_request_has_break_no_answer():
    huge = {"prompt_tokens": 2**64 - 1, "completion_tokens": 2**64 - 1}
    usage = answer_usage({"usage": {**huge, "x": 1}})
    assert usage in {None, Usage()}
    assert orjson.dumps(encode_usage(Usage(2**53 - 1, 2**53 - 1, 2**53 - 1, 2**53 - 1, 2**53 - 1)))
