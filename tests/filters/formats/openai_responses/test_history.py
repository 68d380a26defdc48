import pytest

from filters.formats.canonical.seal import ANTHROPIC, OPENAI, seal
from filters.formats.openai_responses.history import unsealed_fields

HI = {"role": "user", "content": "hi"}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}


def reasoning(proof):
    return {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": proof}


@pytest.mark.parametrize(
    "given", [None, "gw1.anthropic.blob", [HI, CALL], [HI, reasoning("gAAA")], [HI, reasoning(None)]]
)
def test_a_history_without_seals_stays_as_it_is(given):
    assert unsealed_fields({"input": given}) == {}


def test_reasoning_of_another_vendor_is_left_out():
    assert unsealed_fields({"input": [HI, reasoning(seal(ANTHROPIC, "EqoB")), CALL]}) == {"input": [HI, CALL]}


def test_reasoning_of_openais_own_is_unsealed():
    assert unsealed_fields({"input": [HI, reasoning(seal(OPENAI, "gAAA"))]}) == {"input": [HI, reasoning("gAAA")]}
