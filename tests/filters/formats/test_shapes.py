import pytest

from filters.context import WireFormat
from filters.errors import DownstreamError
from filters.formats.shapes import SHAPES

BODIES = {
    WireFormat.OPENAI_CHAT: {"messages": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]},
    WireFormat.ANTHROPIC_MESSAGES: {
        "messages": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]
    },
    WireFormat.OPENAI_RESPONSES: {"input": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]},
}


@pytest.mark.parametrize("wire", WireFormat)
def test_every_format_checks_its_shape_and_gives_the_newest_turn_first(wire):
    SHAPES[wire].validate(BODIES[wire])
    assert [turn.text for turn in SHAPES[wire].turns(BODIES[wire])] == ["two", "one"]
    with pytest.raises(DownstreamError):
        SHAPES[wire].validate({"nothing": "of use"})
