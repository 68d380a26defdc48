import orjson
import pytest

from filters.context import ChatRequest, WireFormat
from filters.formats.background import is_background

TITLE = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
ANSWER = {"type": "object", "properties": {"answer": {"type": "string"}, "title": {"type": "string"}}}
CHAT, MESSAGES, RESPONSES = map(WireFormat, ("openai_chat", "anthropic_messages", "openai_responses"))
FORMATS = (CHAT, MESSAGES, RESPONSES)


def asked(wire, said, system=None, **more):
    if wire == RESPONSES:
        body = {"input": said, **({"instructions": system} if system else {})}
    elif wire == MESSAGES:
        body = {"messages": [{"role": "user", "content": said}], **({"system": system} if system else {})}
    else:
        first = [{"role": "system", "content": system}] if system else []
        body = {"messages": [*first, {"role": "user", "content": said}]}
    body |= more
    return ChatRequest(wire, body, orjson.dumps(body), decision_only=False)


@pytest.mark.parametrize("wire", FORMATS)
@pytest.mark.parametrize(
    ("said", "system"),
    [
        ("<session>\nhi there\n</session>\n\nWrite the title in the predominant language of the session.", None),
        (
            "fix the login page",
            "You are naming a coding session so the user can pick it out of a long list of sessions.",
        ),
        ("hello", "Summarize this coding conversation in under 50 characters. Generate a title for the conversation."),
        ("Please write a 5-10 word title for the following conversation:\n\nUser: hi", None),
        ("### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.", None),
        ("### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history.", None),
        ("### Task:\nSuggest 3-5 relevant follow-up questions based on the chat history.", None),
        ("Provide a concise, 5-word-or-less title for the conversation, using its same language.", None),
        ("Your task is to create a detailed summary of the conversation so far.", "You are a helpful assistant."),
        ("quota", None),
        ("Warmup", "You are Claude Code, Anthropic's official CLI for Claude."),
    ],
)
def test_what_an_application_asks_for_itself_is_told(wire, said, system):
    assert is_background(asked(wire, said, system))


@pytest.mark.parametrize("wire", FORMATS)
@pytest.mark.parametrize(
    ("said", "system"),
    [
        ("Write a Python function for binary search", None),
        ("Suggest a title for my blog post about trains", None),
        ("Write a short story about a chat between two dragons", None),
        ("What is the quota of my plan?", "You answer questions about billing in a conversation with a customer."),
        ("Name three rivers", "You are a helpful assistant. Keep the conversation friendly."),
        ("Summarise this article: trains are late.", None),
        ("", None),
    ],
)
def test_what_a_user_asks_is_not(wire, said, system):
    assert not is_background(asked(wire, said, system))


@pytest.mark.parametrize(
    ("wire", "prescribed"),
    [
        (CHAT, lambda schema: {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}),
        (MESSAGES, lambda schema: {"output_config": {"format": {"type": "json_schema", "schema": schema}}}),
        (RESPONSES, lambda schema: {"text": {"format": {"type": "json_schema", "name": "t", "schema": schema}}}),
    ],
)
def test_an_answer_that_is_prescribed_to_be_a_title_alone_tells_too(wire, prescribed):
    assert is_background(asked(wire, "hi there", **prescribed(TITLE)))
    assert not is_background(asked(wire, "hi there", **prescribed(ANSWER)))
    assert not is_background(asked(wire, "hi there", **prescribed({"type": "object"})))


def test_an_agent_with_tools_or_a_conversation_that_has_begun_is_the_users():
    system = "Generate a title for each conversation when the user asks for one."
    tools = [{"type": "function", "function": {"name": "f"}}]
    assert not is_background(asked(CHAT, "hello", system, tools=tools))
    begun = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]
    body = {"messages": [{"role": "system", "content": system}, *begun]}
    assert not is_background(ChatRequest(CHAT, body, b"", decision_only=False))
