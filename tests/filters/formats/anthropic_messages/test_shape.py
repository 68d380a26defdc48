import pytest

from filters.errors import DownstreamError
from filters.formats.anthropic_messages.shape import validate

HELLO = {"role": "user", "content": "hello"}


def body(**fields):
    return {"model": "claude", "max_tokens": 10, "messages": [HELLO], **fields}


@pytest.mark.parametrize(
    "good",
    [
        {"messages": []},
        {"messages": [HELLO]},
        body(),
        body(model=None),
        body(system="be brief"),
        body(system=[{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}]),
        body(system=None, max_tokens=None, tools=None, tool_choice={"type": "auto"}),
        body(messages=[{"role": "system", "content": "late rules"}, HELLO]),
        body(messages=[{"role": "user", "content": [{"type": "image", "source": {}}, {"type": "text", "text": ""}]}]),
        body(messages=[{"role": "assistant", "content": None}]),
        body(tools=[{"name": "look", "input_schema": {"type": "object"}}], unknown_field=1),
    ],
)
def test_a_messages_body_passes(good):
    validate(good)


@pytest.mark.parametrize(
    ("bad", "param"),
    [
        ({}, "messages"),
        ({"messages": "hi"}, "messages"),
        (body(model=7), "model"),
        (body(max_tokens="many"), "max_tokens"),
        (body(max_tokens=True), "max_tokens"),
        (body(system=3), "system"),
        (body(system=["x"]), "system[0]"),
        (body(system=[{"type": "image", "source": {}}]), "system[0].type"),
        (body(tools={}), "tools"),
        (body(tools=["x"]), "tools[0]"),
        (body(messages=["hi"]), "messages[0]"),
        (body(messages=[{"content": "hi"}]), "messages[0].role"),
        (body(messages=[HELLO, {"role": "user", "content": 3}]), "messages[1].content"),
        (body(messages=[{"role": "user", "content": ["hi"]}]), "messages[0].content[0]"),
        (body(messages=[{"role": "user", "content": [{"text": "hi"}]}]), "messages[0].content[0].type"),
        (body(messages=[{"role": "user", "content": [{"type": "text"}]}]), "messages[0].content[0].text"),
    ],
)
def test_a_wrong_shape_is_refused_with_the_field_that_is_wrong(bad, param):
    with pytest.raises(DownstreamError) as caught:
        validate(bad)
    assert (caught.value.status, caught.value.param) == (400, param)
    assert caught.value.message.startswith(f"`{param}`")


@pytest.mark.parametrize(
    ("bad", "param", "path"),
    [
        ({"model": "gpt", "input": "hi"}, "input", "/v1/responses"),
        (body(max_completion_tokens=9), "max_completion_tokens", "/v1/chat/completions"),
        (body(response_format={"type": "json_object"}), "response_format", "/v1/chat/completions"),
        (body(stream_options={}), "stream_options", "/v1/chat/completions"),
        (body(tool_choice="auto"), "tool_choice", "/v1/chat/completions"),
        (body(tools=[{"type": "function", "function": {}}]), "tools[0].function", "/v1/chat/completions"),
        (body(messages=[{"role": "developer", "content": "x"}]), "messages[0].role", "/v1/chat/completions"),
        (body(messages=[{"role": "tool", "content": "x"}]), "messages[0].role", "/v1/chat/completions"),
        (body(messages=[{"role": "assistant", "tool_calls": []}]), "messages[0].tool_calls", "/v1/chat/completions"),
        (
            body(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]),
            "messages[0].content[0].type",
            "/v1/chat/completions",
        ),
    ],
)
def test_a_body_of_another_path_is_told_which_path(bad, param, path):
    with pytest.raises(DownstreamError, match=path) as caught:
        validate(bad)
    assert caught.value.param == param


def test_an_error_never_quotes_the_request():
    with pytest.raises(DownstreamError) as caught:
        validate(body(messages=[{"role": "user", "content": [{"type": "text", "text": {"secret": "sesame"}}]}]))
    assert "sesame" not in caught.value.message
