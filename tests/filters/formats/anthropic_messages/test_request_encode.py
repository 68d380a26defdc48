import pytest

from filters.errors import DownstreamError
from filters.formats.anthropic_messages.request_encode import encode_request
from filters.formats.canonical.request import (
    Document,
    Image,
    Message,
    ModelOptions,
    OutputFormat,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from tests.support.anthropic_sdk import check_request

CACHE = {"type": "ephemeral"}
HI = Message("user", [Text("hi")])
SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]}
LOOK = Tool("look", "Looks.", SCHEMA)


def encode(*messages, options=None, **fields):
    encoded = encode_request(Request("claude", messages or (HI,), **fields), options or ModelOptions())
    check_request(encoded.body)
    return encoded.body, list(encoded.warnings)


def test_the_plain_request_has_the_limit_that_anthropic_requires():
    body, warnings = encode(options=ModelOptions(max_tokens_default=77))
    assert body == {
        "model": "claude",
        "max_tokens": 77,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    }
    assert warnings == []


def test_the_callers_limit_is_kept():
    assert encode(max_tokens=5)[0]["max_tokens"] == 5


def test_a_rich_conversation_is_what_the_sdk_would_send():
    body, warnings = encode(
        Message("system", [Text("rules")]),
        Message("user", [Text("see"), Image(url="https://x/y.png"), Document(url="https://x/y.pdf", name="Y")]),
        Message("assistant", [Text("looking"), ToolCall("functions.look:0", "look", '{"at":"x"}')]),
        Message("user", [ToolResult("functions.look:0", [Text("seen"), Image(data="AAAA", media_type="image/png")])]),
        tools=[LOOK],
        stream=True,
    )
    assert warnings == []
    assert body["system"] == "rules"
    assert body["stream"] is True
    call, result = body["messages"][1]["content"][1], body["messages"][2]["content"][0]
    assert call["id"] == result["tool_use_id"]


def test_a_system_prompt_with_cache_control_stays_in_blocks():
    body, _ = encode(Message("system", [Text("a", CACHE), Text("b")]), HI)
    assert body["system"] == [{"type": "text", "text": "a", "cache_control": CACHE}, {"type": "text", "text": "b"}]


def test_tools():
    strict = Tool(
        "strict", schema={"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}, strict=True
    )
    body, _ = encode(tools=[LOOK, Tool("bare", cache=CACHE), Tool("untyped", schema={"properties": {}}), strict])
    assert body["tools"] == [
        {"name": "look", "description": "Looks.", "input_schema": SCHEMA},
        {"name": "bare", "input_schema": {"type": "object", "properties": {}}, "cache_control": CACHE},
        {"name": "untyped", "input_schema": {"type": "object", "properties": {}}},
        {
            "name": "strict",
            "strict": True,
            "input_schema": {
                "type": "object",
                "properties": {"n": {"type": "integer", "description": '{"minimum":1}'}},
                "additionalProperties": False,
            },
        },
    ]


def test_a_custom_tool_is_sent_as_a_function_of_one_string():
    body, warnings = encode(tools=[Tool("apply_patch", "Patches.", custom=True)])
    assert body["tools"][0]["input_schema"]["required"] == ["input"]
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        (ToolChoice("auto"), None, {"type": "auto"}),
        (ToolChoice("required"), True, {"type": "any"}),
        (ToolChoice("tool", "look"), False, {"type": "tool", "name": "look", "disable_parallel_tool_use": True}),
        (ToolChoice("none"), False, {"type": "none"}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (None, True, None),
        (None, None, None),
    ],
)
def test_tool_choice_and_parallel_calls(choice, parallel, expected):
    body, _ = encode(tools=[LOOK], tool_choice=choice, parallel_tool_calls=parallel)
    assert body.get("tool_choice") == expected


def test_a_choice_among_no_tools_is_not_sent():
    assert "tool_choice" not in encode(tool_choice=ToolChoice("auto"), parallel_tool_calls=False)[0]


def test_structured_output_has_a_closed_schema():
    body, warnings = encode(output=OutputFormat("json_schema", "place", SCHEMA, strict=False))
    assert body["output_config"] == {
        "format": {"type": "json_schema", "schema": {**SCHEMA, "additionalProperties": False}}
    }
    assert warnings == []


def test_any_json_object_is_a_warning():
    body, warnings = encode(output=OutputFormat("json_object"))
    assert "output_config" not in body
    assert len(warnings) == 1


@pytest.mark.parametrize(("asked", "sent", "warned"), [(0.3, 0.3, 0), (1.0, 1.0, 0), (1.7, 1.0, 1)])
def test_the_temperature_is_at_most_one(asked, sent, warned):
    body, warnings = encode(temperature=asked)
    assert (body["temperature"], len(warnings)) == (sent, warned)


@pytest.mark.parametrize(("top_p", "warned"), [(1.0, 0), (0.9, 1)])
def test_the_temperature_goes_before_top_p(top_p, warned):
    body, warnings = encode(temperature=0.5, top_p=top_p, top_k=3)
    assert (body["temperature"], "top_p" in body, body["top_k"], len(warnings)) == (0.5, False, 3, warned)


def test_top_p_alone_is_sent():
    assert encode(top_p=0.9)[0]["top_p"] == 0.9


def test_models_that_refuse_sampling_get_none():
    body, warnings = encode(options=ModelOptions(sampling=False), temperature=0.5, top_k=3)
    assert not {"temperature", "top_k"} & body.keys()
    assert warnings == ["temperature, top_k left out, since the model or its thinking refuses sampling settings"]


def test_blank_stop_sequences_are_left_out():
    body, warnings = encode(stop=["\n\n", "END", ""])
    assert body["stop_sequences"] == ["END"]
    assert len(warnings) == 1
    assert "stop_sequences" not in encode(stop=["\n"])[0]


@pytest.mark.parametrize(("tier", "sent"), [("auto", "auto"), ("default", "standard_only"), ("flex", None)])
def test_the_service_tier(tier, sent):
    body, warnings = encode(service_tier=tier)
    assert body.get("service_tier") == sent
    assert len(warnings) == (sent is None)


def test_the_user_is_the_metadata_that_anthropic_knows():
    assert encode(user="u1")[0]["metadata"] == {"user_id": "u1"}


def test_what_anthropic_does_not_know_is_named():
    _, warnings = encode(
        seed=1, presence_penalty=0.5, frequency_penalty=0.0, logprobs=3, verbosity="low", metadata={"team": "x"}
    )
    assert len(warnings) == 6


def test_each_warning_is_said_once():
    _, warnings = encode(HI, Message("assistant", [ToolCall("a", "x", "{"), ToolCall("b", "x", "{")]))
    assert len(warnings) == 1


def test_a_conversation_of_nothing_is_refused():
    with pytest.raises(DownstreamError):
        encode(Message("user", []))


@pytest.mark.parametrize(("asked", "sent", "told"), [(5, 5, 0), (100, 100, 0), (101, 100, 1), (9000, 100, 1)])
def test_a_limit_beyond_what_the_model_takes_is_lowered_with_a_warning(asked, sent, told):
    body, warnings = encode(max_tokens=asked, options=ModelOptions(max_tokens_limit=100))
    assert body["max_tokens"] == sent
    assert warnings == ["max_tokens is lowered to 100, the most that the model takes"][:told]
