import pytest

from filters.errors import DownstreamError
from filters.formats.anthropic_messages.request_decode import decode_request
from filters.formats.canonical.request import Message, OutputFormat, Reasoning, Text, Tool, ToolChoice

HELLO = {"role": "user", "content": "hello"}
SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}}


def decode(**fields):
    return decode_request({"model": "claude", "max_tokens": 10, "messages": [HELLO], **fields})


def test_the_plain_request():
    request = decode()
    assert (request.model, request.max_tokens, request.stream) == ("claude", 10, False)
    assert request.messages == [Message("user", [Text("hello")])]
    assert request.include_usage
    assert request.warnings == ()


def test_a_model_may_be_missing():
    assert decode_request({"messages": [HELLO]}).model == ""
    assert decode(model=None).model == ""


def test_the_system_prompt_comes_first_whether_text_or_blocks():
    cache = {"type": "ephemeral"}
    assert decode(system="rules").messages[0] == Message("system", [Text("rules")])
    blocks = [{"type": "text", "text": "rules", "cache_control": cache}]
    assert decode(system=blocks).messages[0] == Message("system", [Text("rules", cache)])


def test_late_system_messages_stay_where_they_are():
    messages = [HELLO, {"role": "system", "content": "now in French"}]
    assert [message.role for message in decode(messages=messages).messages] == ["user", "system"]


def test_sampling_stop_user_and_tier():
    request = decode(
        temperature=0.5, top_p=0.9, top_k=4, stop_sequences=["END"], metadata={"user_id": "u"}, stream=True,
        service_tier="standard_only",
    )  # fmt: skip
    assert (request.temperature, request.top_p, request.top_k, request.stop) == (0.5, 0.9, 4, ["END"])
    assert (request.user, request.stream, request.service_tier) == ("u", True, "default")
    assert decode(service_tier="auto").service_tier == "auto"


def test_tools():
    cache = {"type": "ephemeral"}
    tools = [
        {"name": "look", "description": "Looks.", "input_schema": SCHEMA, "strict": True},
        {"type": "custom", "name": "stop", "input_schema": {"type": "object"}, "cache_control": cache},
    ]
    assert decode(tools=tools).tools == [
        Tool("look", "Looks.", SCHEMA, strict=True),
        Tool("stop", None, {"type": "object"}, cache=cache),
    ]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, ToolChoice("auto")),
        ({"type": "any"}, ToolChoice("required")),
        ({"type": "none"}, ToolChoice("none")),
        ({"type": "tool", "name": "look"}, ToolChoice("tool", "look")),
        (None, None),
    ],
)
def test_tool_choice(choice, expected):
    request = decode(tool_choice=choice)
    assert request.tool_choice == expected
    assert request.parallel_tool_calls is None


def test_parallel_tool_calls_can_be_forbidden():
    assert decode(tool_choice={"type": "auto", "disable_parallel_tool_use": True}).parallel_tool_calls is False


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, Reasoning(budget_tokens=2000)),
        ({"thinking": {"type": "disabled"}}, Reasoning(enabled=False)),
        ({"thinking": {"type": "adaptive", "display": "summarized"}}, Reasoning(adaptive=True, summary="auto")),
        ({"output_config": {"effort": "max"}}, Reasoning(effort="max")),
        (
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
            Reasoning(adaptive=True, effort="low"),
        ),
    ],
)
def test_thinking_and_effort(fields, expected):
    assert decode(**fields).reasoning == expected


def test_thinking_between_tools_is_near_enough_to_adaptive():
    request = decode(thinking={"type": "between_tools"})
    assert request.reasoning == Reasoning(adaptive=True)
    assert len(request.warnings) == 1


def test_structured_output_is_read_from_its_place_and_from_the_older_one():
    form = {"type": "json_schema", "schema": SCHEMA}
    expected = OutputFormat("json_schema", name="answer", schema=SCHEMA, strict=True)
    assert decode(output_config={"format": form}).output == expected
    assert decode(output_format=form).output == expected


def test_small_losses_are_warnings():
    request = decode(
        inference_geo="eu", speed="fast", messages=[HELLO, {"role": "assistant", "content": "The answer is"}]
    )
    assert len(request.warnings) == 3
    assert any("inference_geo" in warning for warning in request.warnings)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"container": "c_1"}, "container"),
        ({"mcp_servers": [{"url": "https://x"}]}, "mcp_servers"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, "tools[0].type"),
        ({"tools": ["x"]}, "tools[0]"),
        ({"tools": [{"input_schema": {}}]}, "tools[0].name"),
        ({"tools": [{"name": "x"}]}, "tools[0].input_schema"),
        ({"tools": {}}, "tools"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice"),
        ({"tool_choice": {"type": ["x"]}}, "tool_choice"),
        ({"tool_choice": 3}, "tool_choice"),
        ({"thinking": {"type": ["enabled"]}}, "thinking.type"),
        ({"output_config": {"effort": 3}}, "output_config.effort"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_k": True}, "top_k"),
        ({"stop_sequences": "END"}, "stop_sequences"),
        ({"stop_sequences": ["END", 3]}, "stop_sequences[1]"),
        ({"tools": [{"name": "x", "input_schema": {}, "description": 3}]}, "tools[0].description"),
        ({"metadata": {"user_id": 3}}, "metadata.user_id"),
        ({"thinking": {"type": "enabled", "budget_tokens": "x"}}, "thinking.budget_tokens"),
        ({"messages": [{"role": "bard", "content": "x"}]}, "messages[0].role"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_field(fields, param):
    with pytest.raises(DownstreamError) as caught:
        decode(**fields)
    assert (caught.value.status, caught.value.param) == (400, param)
