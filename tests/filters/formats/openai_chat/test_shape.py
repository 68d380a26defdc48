import pytest

from filters.errors import DownstreamError
from filters.formats.openai_chat.shape import validate

USER = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": [USER]},
        {"model": None, "messages": [USER]},
        {"model": "gpt-4o", "messages": [{"role": "assistant", "content": None, "tool_calls": []}]},
        {"messages": [{"role": "assistant"}, {"role": "tool", "tool_call_id": "a", "content": "4"}]},
        {"messages": [{"role": "user", "content": []}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": ""}, {"type": "of_the_future"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]},
        {"messages": [{"role": "system", "content": "x"}], "tools": [{"type": "function", "function": {"name": "f"}}]},
        {"messages": [USER], "input": "both", "tools": "odd, but not ours to judge", "top_k": 3},
    ],
)
def test_bodies_of_the_right_shape_pass(body):
    validate(body)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": {}}, "messages"),
        ({"model": 4, "messages": [USER]}, "model"),
        ({"messages": [USER, "secret"]}, "messages[1]"),
        ({"messages": [{"content": "secret"}]}, "messages[0].role"),
        ({"messages": [{"role": 1, "content": "secret"}]}, "messages[0].role"),
        ({"messages": [USER, USER, USER, {"role": "user", "content": 5}]}, "messages[3].content"),
        ({"messages": [{"role": "user", "content": {"text": "secret"}}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": ["secret"]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"text": "secret"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
    ],
)
def test_a_wrong_field_is_named_and_never_quoted(body, param):
    with pytest.raises(DownstreamError) as caught:
        validate(body)
    assert (caught.value.status, caught.value.param) == (400, param)
    assert f"`{param}` must be" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [USER], "system": "be brief"},
        {"messages": [USER], "stop_sequences": ["x"]},
        {"messages": [USER], "tools": [{"name": "f", "input_schema": {}}]},
        {"messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "a"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url"}}]}]},
    ],
)
def test_an_anthropic_body_is_sent_to_messages(body):
    with pytest.raises(DownstreamError, match="look like an Anthropic Messages body; send it to …/v1/messages"):
        validate(body)


@pytest.mark.parametrize(
    "body", [{"input": "hi"}, {"messages": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}]}]
)
def test_a_responses_body_is_sent_to_responses(body):
    with pytest.raises(DownstreamError, match="look like a Responses body; send it to …/v1/responses"):
        validate(body)
