import pytest

from filters.formats.anthropic_messages.history import unsealed_fields
from filters.formats.canonical.seal import ANTHROPIC, OPENAI, seal

HI = {"role": "user", "content": "hi"}
TEXT = {"type": "text", "text": "hello"}
OWN = {"type": "thinking", "thinking": "hm", "signature": "EqoB"}
FOREIGN = {"type": "thinking", "thinking": "hm", "signature": seal(OPENAI, "gAAA", id="rs_1")}
FOREIGN_REDACTED = {"type": "redacted_thinking", "data": seal(OPENAI, "gAAA", redacted=True)}
CALL = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]}
BUDGET = {"type": "enabled", "budget_tokens": 1024}


def said(*blocks):
    return {"role": "assistant", "content": list(blocks)}


@pytest.mark.parametrize(
    "message", [HI, said(OWN, TEXT), said(CALL), said({"type": "thinking", "thinking": "gw1. is a mark"})]
)
def test_a_history_without_seals_stays_as_it_is(message):
    assert unsealed_fields({"messages": [HI, message], "thinking": BUDGET}) == {}


@pytest.mark.parametrize("block", [FOREIGN, FOREIGN_REDACTED])
def test_thinking_of_another_vendor_is_left_out(block):
    assert unsealed_fields({"messages": [HI, said(block, TEXT), HI]}) == {"messages": [HI, said(TEXT), HI]}


def test_a_message_of_nothing_else_is_left_out():
    assert unsealed_fields({"messages": [HI, said(FOREIGN), HI]}) == {"messages": [HI, HI]}


def test_thinking_of_anthropics_own_is_unsealed():
    sealed = OWN | {"signature": seal(ANTHROPIC, "EqoB")}
    hidden = {"type": "redacted_thinking", "data": seal(ANTHROPIC, "Ew==", redacted=True)}
    found = unsealed_fields({"messages": [HI, said(sealed, hidden, TEXT)], "thinking": BUDGET})
    assert found == {"messages": [HI, said(OWN, {"type": "redacted_thinking", "data": "Ew=="}, TEXT)]}


def test_thinking_is_off_where_the_tool_loop_that_goes_on_has_lost_its_own():
    body = {"messages": [HI, said(FOREIGN, CALL), RESULT], "thinking": BUDGET}
    assert unsealed_fields(body) == {"messages": [HI, said(CALL), RESULT], "thinking": {"type": "disabled"}}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"messages": [HI, said(FOREIGN, CALL), RESULT]}, "nobody asked for thinking"),
        ({"messages": [HI, said(FOREIGN, CALL), RESULT], "thinking": {"type": "adaptive"}}, "the model decides"),
        ({"messages": [HI, said(FOREIGN, TEXT), HI], "thinking": BUDGET}, "no tool loop goes on"),
        ({"messages": [said(FOREIGN, TEXT), HI, said(OWN, CALL), RESULT], "thinking": BUDGET}, "this loop is signed"),
    ],
)
def test_thinking_stays_as_asked_elsewhere(body, why):
    assert "thinking" not in unsealed_fields(body), why


def test_the_body_itself_is_not_changed():
    body = {"messages": [HI, said(FOREIGN, TEXT)]}
    unsealed_fields(body)
    assert body == {"messages": [HI, said(FOREIGN, TEXT)]}
