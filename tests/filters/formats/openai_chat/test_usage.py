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
