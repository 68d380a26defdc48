import orjson
import pytest

from filters.context import ChatRequest
from filters.formats.canonical.seal import ANTHROPIC, OPENAI, seal
from filters.formats.history import unsealed_fields

HI = {"role": "user", "content": "hi"}
THINKING = {"type": "thinking", "thinking": "hm", "signature": seal(OPENAI, "gAAA")}
SEALED = {
    "anthropic_messages": {"messages": [HI, {"role": "assistant", "content": [THINKING]}, HI]},
    "openai_responses": {"input": [HI, {"type": "reasoning", "encrypted_content": seal(ANTHROPIC, "EqoB")}]},
}


def chat(wire, body):
    return ChatRequest(wire, body, orjson.dumps(body), decision_only=False)


@pytest.mark.parametrize("wire", SEALED)
def test_no_foreign_proof_is_left(wire):
    found = unsealed_fields(chat(wire, SEALED[wire]))
    assert found
    assert b"gw1." not in orjson.dumps(found)


def test_chat_completions_has_no_place_for_a_proof():
    body = {"messages": [{"role": "user", "content": "what does gw1. mean?"}]}
    assert unsealed_fields(chat("openai_chat", body)) == {}


@pytest.mark.parametrize("wire", SEALED)
def test_a_body_without_the_mark_is_not_looked_at(wire):
    assert unsealed_fields(ChatRequest(wire, {"not": "read"}, b"{}", decision_only=False)) == {}
