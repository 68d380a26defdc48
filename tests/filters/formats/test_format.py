import pytest

from filters.errors import DownstreamError
from filters.formats.canonical.request import ModelOptions
from filters.formats.registry import FORMATS

BODIES = {
    "openai_chat": {"messages": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]},
    "anthropic_messages": {"messages": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]},
    "openai_responses": {"input": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]},
}


@pytest.mark.parametrize("wire", FORMATS)
def test_every_format_checks_its_shape_and_gives_the_newest_turn_first(wire):
    FORMATS[wire].shape.validate(BODIES[wire])
    assert [turn.text for turn in FORMATS[wire].shape.turns(BODIES[wire])] == ["two", "one"]
    with pytest.raises(DownstreamError):
        FORMATS[wire].shape.validate({"nothing": "of use"})


@pytest.mark.parametrize("wire", FORMATS)
def test_every_format_gives_and_replaces_what_the_model_will_read(wire):
    body, shape = BODIES[wire], FORMATS[wire].shape
    assert [(turn.role, turn.text) for turn in shape.texts(body)] == [("user", "one"), ("user", "two")]
    masked = shape.map_texts(body, str.upper)
    assert [turn.text for turn in shape.texts(masked)] == ["ONE", "TWO"]
    assert [turn.text for turn in shape.texts(body)] == ["one", "two"]


LIMITS = {
    "openai_chat": "max_completion_tokens",
    "openai_responses": "max_output_tokens",
    "anthropic_messages": "max_tokens",
}


@pytest.mark.parametrize("wire", FORMATS)
def test_each_format_is_adapted_by_its_own_words(wire):
    body = {"messages": [{"role": "user", "content": "hi"}], "input": "hi", LIMITS[wire]: 9}
    assert FORMATS[wire].codec.adapt(body, ModelOptions(max_tokens_limit=5)).replace == {LIMITS[wire]: 5}
