"""Which Responses bodies routing can read, and what conversation it sees in them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.errors import DownstreamError
from filters.formats.openai_responses.shape import validate
from filters.formats.openai_responses.view import turns


def user(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


@pytest.mark.parametrize(
    "body",
    [
        {"input": "hi"},
        {"input": ""},
        {"input": []},
        {"model": None, "instructions": None, "input": "hi"},
        {"model": "gpt-5", "instructions": "be brief", "input": [user("hi")]},
        {"input": [user("hi", type="message")]},
        {"input": [user("hi", type=None)]},
        {"input": [user([{"type": "input_text", "text": "hi"}, {"type": "input_image", "image_url": "https://x"}])]},
        {"input": [{"role": "assistant", "content": None}]},
        {"input": [{"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}]},
        {"input": [{"type": "function_call_output", "call_id": "c", "output": "done"}]},
        {"input": [{"type": "something_new"}]},
        {"input": [{"id": "msg_1"}]},
        {"previous_response_id": "resp_1"},
        {"prompt": {"id": "p"}},
        {"conversation": "conv_1"},
    ],
)
def test_a_body_that_routing_can_read_passes(body):
    validate(body)
    list(turns(body))


@pytest.mark.parametrize(
    ("body", "param", "says"),
    [
        ({}, "input", "is missing: it must be a string or a list of items"),
        ({"input": None}, "input", "is missing"),
        ({"input": 5}, "input", "must be a string or a list of items"),
        ({"input": {}}, "input", "must be a string or a list of items"),
        ({"input": "hi", "model": 4}, "model", "must be a string"),
        ({"input": "hi", "instructions": ["be brief"]}, "instructions", "must be a string or null"),
        ({"input": ["hi"]}, "input[0]", "must be an object"),
        ({"input": [user("hi"), {}]}, "input[1].role", "must be one of"),
        ({"input": [{"type": 4}]}, "input[0].type", "must be a string"),
        ({"input": [{"role": 4, "content": "x"}]}, "input[0].role", "must be one of"),
        ({"input": [user(None)]}, "input[0].content", "must be a string or a list"),
        ({"input": [user("a"), user("b"), user(5)]}, "input[2].content", "must be a string or a list of content parts"),
        ({"input": [user(["hi"])]}, "input[0].content[0]", "must be an object"),
        ({"input": [user([{"text": "hi"}])]}, "input[0].content[0].type", "must be a string"),
        ({"input": [user([{"type": "input_text"}])]}, "input[0].content[0].text", "must be a string"),
        ({"input": [user([{"type": "tool_result"}])]}, "input[0].content[0].type", "`/v1/messages`"),
    ],
)
def test_a_body_that_it_cannot_read_is_refused_by_the_name_of_the_field(body, param, says):
    with pytest.raises(DownstreamError) as refused:
        validate(body)
    assert refused.value.status == 400
    assert refused.value.param == param
    assert says in refused.value.message
    assert f"`{param}`" in refused.value.message


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"messages": []}, "/v1/chat/completions"),
        ({"messages": "x"}, "/v1/chat/completions"),
        ({"messages": [user([{"type": ["tool_use"]}])]}, "/v1/chat/completions"),
        ({"messages": [user("hi")], "tools": [{"type": "function"}]}, "/v1/chat/completions"),
        ({"messages": [user("hi")], "system": "be brief"}, "/v1/messages"),
        ({"messages": [user("hi")], "stop_sequences": []}, "/v1/messages"),
        ({"messages": [user("hi")], "tools": [{"input_schema": {}}]}, "/v1/messages"),
        ({"messages": [user([{"type": "tool_use"}])]}, "/v1/messages"),
    ],
)
def test_a_body_of_another_path_is_told_which(body, path):
    with pytest.raises(DownstreamError) as refused:
        validate(body)
    assert refused.value.param == "input"
    assert f"`{path}`" in refused.value.message


def test_errors_never_quote_the_request():
    with pytest.raises(DownstreamError) as refused:
        validate({"input": [user([{"type": "input_text", "text": ["my secret"]}])]})
    assert "secret" not in refused.value.message


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["user", "message", "input_text"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "role", "content", "text", "id", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["input", "model", "instructions", "messages", "tools"]), _json, max_size=4))
def test_what_passes_can_be_read(body):
    try:
        validate(body)
    except DownstreamError:
        return
    for turn in turns(body):
        assert turn.text
