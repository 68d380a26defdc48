import orjson
import pytest

from filters.context import ChatRequest
from filters.formats.canonical.seal import ANTHROPIC, OPENAI, seal
from filters.formats.conversation import is_continuation, reasoning_vendor, turn_identity

CHAT, MESSAGES, RESPONSES = "openai_chat", "anthropic_messages", "openai_responses"
ASK = {"role": "user", "content": "fix the bug"}
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "read", "input": {}}]}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "code"}]}
REMINDER = {"type": "text", "text": "<system-reminder>be brief</system-reminder>"}
CHAT_CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "t1"}]}
CHAT_RESULT = {"role": "tool", "tool_call_id": "t1", "content": "code"}
ITEM_CALL = {"type": "function_call", "call_id": "t1", "name": "read", "arguments": "{}"}
ITEM_RESULT = {"type": "function_call_output", "call_id": "t1", "output": "code"}
PATCH_RESULT = {"type": "custom_tool_call_output", "call_id": "t1", "output": "done"}


def chat(wire, *messages, **more):
    body = {("input" if wire is RESPONSES else "messages"): list(messages), **more}
    return ChatRequest(wire, body, orjson.dumps(body), decision_only=True)


@pytest.mark.parametrize(
    ("wire", "messages", "continues"),
    [
        (CHAT, [ASK], False),
        (CHAT, [ASK, CHAT_CALL, CHAT_RESULT], True),
        (CHAT, [ASK, CHAT_CALL, CHAT_RESULT, ASK], False),
        (CHAT, [ASK, CHAT_CALL, CHAT_RESULT, {"role": "user", "content": REMINDER["text"]}], True),
        (CHAT, [ASK, {"role": "assistant", "content": "done"}], False),
        (CHAT, [], False),
        (MESSAGES, [ASK], False),
        (MESSAGES, [ASK, CALL, RESULT], True),
        (MESSAGES, [ASK, CALL, {**RESULT, "content": [*RESULT["content"], REMINDER]}], True),
        (MESSAGES, [ASK, CALL, {**RESULT, "content": [*RESULT["content"], {"type": "text", "text": "stop"}]}], False),
        (MESSAGES, [ASK, CALL, RESULT, {"role": "user", "content": [{"type": "image", "source": {}}]}], False),
        (RESPONSES, [ASK], False),
        (RESPONSES, [ASK, ITEM_CALL, ITEM_RESULT], True),
        (RESPONSES, [ASK, ITEM_CALL, PATCH_RESULT], True),
        (RESPONSES, [ASK, ITEM_CALL, ITEM_RESULT, ASK], False),
        (RESPONSES, [ASK, ITEM_CALL], False),
    ],
)
def test_a_tool_result_with_nothing_said_since_goes_on_with_the_turn(wire, messages, continues):
    assert is_continuation(chat(wire, *messages)) is continues


def test_a_string_input_is_a_question():
    body = {"input": "hi"}
    assert not is_continuation(ChatRequest(RESPONSES, body, b"", decision_only=True))


@pytest.mark.parametrize(
    ("wire", "steps"),
    [(CHAT, [CHAT_CALL, CHAT_RESULT]), (MESSAGES, [CALL, RESULT]), (RESPONSES, [ITEM_CALL, ITEM_RESULT])],
)
def test_each_step_of_a_tool_loop_has_the_identity_of_its_turn(wire, steps):
    first, second = chat(wire, ASK), chat(wire, ASK, *steps, *steps)
    assert turn_identity(first) == turn_identity(second)
    later = chat(wire, ASK, *steps, {"role": "user", "content": "and now this"})
    assert turn_identity(later) != turn_identity(first)


@pytest.mark.parametrize(
    ("wire", "more"),
    [
        (CHAT, {"tools": [{"function": {"name": "x"}}]}),
        (MESSAGES, {"system": "other"}),
        (RESPONSES, {"instructions": "other"}),
    ],
)
def test_another_system_prompt_or_set_of_tools_is_another_turn(wire, more):
    assert turn_identity(chat(wire, ASK)) != turn_identity(chat(wire, ASK, **more))


def test_a_system_message_counts_in_chat_too():
    assert turn_identity(chat(CHAT, ASK)) != turn_identity(chat(CHAT, {"role": "system", "content": "be kind"}, ASK))


def thought(signature):
    return {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": signature}]}


def reasoning(proof):
    return {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": proof}


@pytest.mark.parametrize(
    ("wire", "messages", "vendor"),
    [
        (MESSAGES, [ASK, thought("c2ln")], ANTHROPIC),
        (MESSAGES, [ASK, thought(seal(OPENAI, "blob"))], OPENAI),
        (MESSAGES, [ASK, {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "x"}]}], ANTHROPIC),
        (MESSAGES, [ASK, thought(""), ASK], None),
        (MESSAGES, [ASK], None),
        (RESPONSES, [ASK, reasoning("blob")], OPENAI),
        (RESPONSES, [ASK, reasoning(seal(ANTHROPIC, "sig"))], ANTHROPIC),
        (RESPONSES, [ASK, reasoning("blob"), ASK, reasoning(seal(ANTHROPIC, "sig"))], ANTHROPIC),
        (RESPONSES, [ASK, reasoning(None)], None),
        (CHAT, [{"role": "user", "content": 'what is a "signature"?'}], None),
    ],
)
def test_the_newest_signed_reasoning_tells_its_vendor(wire, messages, vendor):
    assert reasoning_vendor(chat(wire, *messages)) == vendor
