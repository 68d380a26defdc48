import pytest

from filters.context import WireFormat
from filters.formats.adaptation import adapt
from filters.formats.canonical.request import ModelOptions

LIMITS = {
    WireFormat.OPENAI_CHAT: "max_completion_tokens",
    WireFormat.OPENAI_RESPONSES: "max_output_tokens",
    WireFormat.ANTHROPIC_MESSAGES: "max_tokens",
}


@pytest.mark.parametrize("wire", WireFormat)
def test_each_format_is_adapted_by_its_own_words(wire):
    body = {"messages": [{"role": "user", "content": "hi"}], "input": "hi", LIMITS[wire]: 9}
    assert adapt(wire, body, ModelOptions(max_tokens_limit=5)).replace == {LIMITS[wire]: 5}
